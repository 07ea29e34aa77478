import type { Queryable } from '../store/database.ts';

export interface NewTask {
  readonly id: string;
  readonly profileId: number;
  readonly title: string;
  readonly owner: string;
  readonly brief: string;
  readonly dueAt: Date;
  readonly createdAt: Date;
}

export async function createTask(tx: Queryable, { id, profileId, title, owner, brief, dueAt, createdAt }: NewTask): Promise<void> {
  await tx
    .insertInto('tasks')
    .values({ id, profile_id: profileId, title, owner, brief, due_at: dueAt, created_at: createdAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}
