// Statements on a savepoint within a transaction of the caller.

import type { Tx } from '../pool.ts';

const NO_ACTIVE_TRANSACTION = '25P01';

/** False if no transaction is open. */
export async function setSavepoint(tx: Tx): Promise<boolean> {
  try {
    await tx.query('savepoint faultline');
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === NO_ACTIVE_TRANSACTION) return false;
    throw error;
  }
}

export async function releaseSavepoint(tx: Tx): Promise<void> {
  await tx.query('release savepoint faultline');
}

/** Undoes everything since the savepoint, and releases it. */
export async function rollbackToSavepoint(tx: Tx): Promise<void> {
  await tx.query('rollback to savepoint faultline');
  await tx.query('release savepoint faultline');
}
