/**
 * Questions about the workspace in force, for routes that cannot answer without one.
 * @module
 */
import { QuestionError } from '../audiences/ask.ts';
import { currentPublication } from '../definitions/publish.ts';
import type { Publication, Workspace } from '../definitions/workspace-types.ts';
import { HttpProblem } from '../ingest/http-problem.ts';
import type { Database } from '../store/database.ts';

/** @throws {HttpProblem} 409 where nothing has been published */
export async function published(db: Database): Promise<Publication> {
  const publication = await currentPublication(db);
  if (publication === null)
    throw new HttpProblem(409, 'nothing-published', 'No workspace has been published yet', {
      fix: 'throughline publish',
    });
  return publication;
}

/**
 * Makes a question of the workspace in force.
 * @throws {HttpProblem} 404 where it names what there is not, 400 where it makes no sense otherwise, 409 as above
 */
export async function asked<Question>(db: Database, ask: (workspace: Workspace) => Question): Promise<Question> {
  const { workspace } = await published(db);
  try {
    return ask(workspace);
  } catch (cause) {
    if (!(cause instanceof QuestionError)) throw cause;
    const { message, field, fix, isUnknown } = cause;
    const code = isUnknown ? 'not-found' : field === 'definition' ? 'invalid-definition' : 'invalid';
    throw new HttpProblem(isUnknown ? 404 : 400, code, message, { field, ...(fix !== undefined && { fix }), cause });
  }
}
