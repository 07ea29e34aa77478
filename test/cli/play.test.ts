import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../kit/folder.ts';
import { throughline } from './throughline.ts';

describe('play', () => {
  it('lists the plays with what each is for', async () => {
    const { code, out } = await throughline(['play']);
    expect(out).toMatch(/^low-usage +People who pay and hardly come get back into their work$/m);
    expect(out).toMatch(/^power-users +Power users on a small plan are shown the one that fits them$/m);
    expect(out).toMatch(/^upgrade-curious +Whoever keeps looking at the plans gets help with choosing one$/m);
    expect(code).toBe(0);
  });

  it('copies one, with the settings where there are none, and the folder is a workspace', async () => {
    const folder = join(await temporaryFolder(), 'journeys');
    const { code, out } = await throughline(['play', 'power-users', '--into', folder, '--json']);
    expect(JSON.parse(out)).toMatchObject({ held: true, play: 'power-users', problems: [] });
    expect(await readdir(folder)).toEqual(['power-users', 'settings.yaml']);
    expect((await throughline(['validate', folder])).code).toBe(0);
    expect(code).toBe(0);
  });

  it('copies the roles that a play of accounts names, once', async () => {
    const folder = join(await temporaryFolder(), 'journeys');
    await throughline(['play', 'capacity-ceiling', '--into', folder]);
    const { code, out } = await throughline(['play', 'feature-gap', '--into', folder, '--json']);
    expect(JSON.parse(out)).toMatchObject({ held: true, problems: [] });
    expect(await readdir(folder)).toEqual(['capacity-ceiling', 'feature-gap', 'roles.yaml', 'settings.yaml']);
    expect(code).toBe(0);
  });

  it('leaves the settings of a workspace alone and says what they lack', async () => {
    const folder = await temporaryFolder();
    const settings = 'settings: mine\ntimezone: UTC\nsender: Me <me@example.com>\ntraits: { email: string }\n';
    await writeFile(join(folder, 'settings.yaml'), settings);
    const { code, out } = await throughline(['play', 'upgrade-curious', '--into', folder]);
    expect(out).toContain('People have no trait `firstName`. Declare it under `traits` in the settings.');
    expect(await readFile(join(folder, 'settings.yaml'), 'utf8')).toBe(settings);
    expect(code).toBe(1);
  });

  it('overwrites nothing', async () => {
    const folder = await temporaryFolder();
    await throughline(['play', 'low-usage', '--into', folder]);
    const { code, err } = await throughline(['play', 'low-usage', '--into', folder]);
    expect(err).toBe(`There is a folder ${join(folder, 'low-usage')} already. Name another with --into.\n`);
    expect(code).toBe(2);
  });

  it('a play that is not there: 2, with what was probably meant', async () => {
    const { code, err } = await throughline(['play', 'power-user']);
    expect(err).toBe('There is no play `power-user`. Did you mean `power-users`?\n');
    expect(code).toBe(2);
  });
});
