import type { ConfigStore, TokenRecord, TokenStore } from '@heddle/mesh-core';

const kind = 'token';

/** Enrolment tokens beside the configuration: they outlive a restart, as hashes only. */
export function tokenStoreIn(store: ConfigStore): TokenStore {
  return {
    get(hash) {
      const record = store.readRecord(kind, hash);
      return isTokenRecord(record) ? record : undefined;
    },
    put: (record) => store.writeRecord(kind, record.hash, record),
  };
}

function isTokenRecord(record: unknown): record is TokenRecord {
  return record !== null && typeof record === 'object' && 'hash' in record && 'expiresAtMs' in record;
}
