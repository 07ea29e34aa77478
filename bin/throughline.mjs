#!/usr/bin/env node
/**
 * The command line as a program: TypeScript runs as it is.
 * @module
 */
import { register } from 'tsx/esm/api';

register();
await import('../src/cli/main.ts');
