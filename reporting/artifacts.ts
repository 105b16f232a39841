// Stores artifacts, on disk or on S3. A repeated attempt overwrites its document; a reader sees a whole document or
// none.

import { basename, join } from 'node:path';
import { type ArtifactContent, ConfigurationError } from 'faultline';
import { Disk } from 'flydrive';
import type { DriverContract } from 'flydrive/types';
import {
  type ArtifactOwner,
  artifactFolder,
  contentTypeOf,
  folderNumber,
  parseArtifactPath,
  requireArtifactPath,
} from './artifact-paths.ts';
import { isOfThisRun, WholeFileDriver } from './whole-file-driver.ts';

/** The processes of a batch with `count` ordinals from `first_ordinal` on. */
export interface ArtifactWindow {
  batch_id: string;
  first_ordinal: number;
  count: number;
}

export interface StoredArtifact {
  process_id: string;
  step: string;
  path: string;
}

const FILE_NAMES: Record<string, string> = { query: 'transactions', aggregation: 'totals', render: 'statement' };

export class ArtifactStore {
  readonly #disk: Disk;
  /** All keys below a folder, unfinished files included. */
  readonly #listKeys: (folder: string) => Promise<string[]>;

  constructor(driver: DriverContract, listKeys?: (folder: string) => Promise<string[]>) {
    this.#disk = new Disk(driver);
    this.#listKeys = listKeys ?? ((folder) => listPages(this.#disk, folder));
  }

  /** Stores a document in place of an earlier one. When aborted before it is in place, nothing of it remains. */
  async put(path: string, contents: string | Uint8Array, signal: AbortSignal): Promise<void> {
    const { extension } = requireArtifactPath(path);
    signal.throwIfAborted();
    await this.#disk.put(path, contents, { signal, contentType: contentTypeOf(extension) });
  }

  /** Null when there is no such document. */
  async read(path: string): Promise<string | null> {
    requireArtifactPath(path);
    return orNull(this.#disk.get(path));
  }

  /** Null when there is no such document. The caller reads or destroys the stream. */
  async open(path: string): Promise<ArtifactContent | null> {
    const parts = parseArtifactPath(path);
    if (!parts) return null;
    const { process_id, step, extension } = parts;
    const open = async () => ({
      size_bytes: (await this.#disk.getMetaData(path)).contentLength,
      stream: await this.#disk.getStream(path),
      content_type: contentTypeOf(extension),
      file_name: `${FILE_NAMES[step] ?? step}-${process_id}.${extension}`,
    });
    return orNull(open());
  }

  /** Deletes what a step stored, whole or unfinished. Idempotent. Returns the number of documents. */
  async discard(owner: ArtifactOwner, step: string): Promise<number> {
    const keys = await this.#keysOf(owner, step);
    for (const key of keys) await this.#disk.delete(key);
    return keys.filter((key) => parseArtifactPath(key)).length;
  }

  /**
   * Deletes the unfinished files of a step, except those of this program: a command delivered twice is written twice at
   * once.
   */
  async discardUnfinished(owner: ArtifactOwner, step: string): Promise<void> {
    for (const key of await this.#keysOf(owner, step)) {
      if (!parseArtifactPath(key) && !isOfThisRun(key)) await this.#disk.delete(key);
    }
  }

  /** The documents of these processes and of the others in their folders, a thousand processes at a time. */
  async *listWindow({ batch_id, first_ordinal, count }: ArtifactWindow): AsyncGenerator<StoredArtifact[]> {
    const last = folderNumber(first_ordinal + count - 1);
    for (let folder = folderNumber(first_ordinal); folder <= last; folder++) {
      const keys = await this.#listKeys(`${batch_id}/${folder}`);
      yield keys.flatMap((path) => {
        const parts = parseArtifactPath(path);
        return parts ? [{ process_id: parts.process_id, step: parts.step, path }] : [];
      });
    }
  }

  /** Deletes everything of a batch. Idempotent. */
  async discardBatch(batch_id: string): Promise<void> {
    requireArtifactPath(`${batch_id}/0/${batch_id}/any.csv`);
    await this.#disk.deleteAll(`${batch_id}/`);
  }

  /** `query.ndjson`, and the unfinished `.query.ndjson.3f2a.tmp`. */
  async #keysOf(owner: ArtifactOwner, step: string): Promise<string[]> {
    const keys = await this.#listKeys(artifactFolder(owner));
    return keys.filter((key) => basename(key).replace(/^\./, '').startsWith(`${step}.`));
  }
}

export interface ArtifactStoreOptions {
  /** Without a url the documents are in `<data_dir>/artifacts`. */
  data_dir: string;
  /** `s3://bucket?region=eu-west-1&endpoint=https://...&path_style=true`; the AWS SDK finds the credentials. */
  url?: string | undefined;
}

/** @throws ConfigurationError for an invalid url, or when the S3 client is not installed */
export async function createArtifactStore({ data_dir, url }: ArtifactStoreOptions): Promise<ArtifactStore> {
  if (!url) {
    const driver = new WholeFileDriver(join(data_dir, 'artifacts'));
    return new ArtifactStore(driver, (folder) => driver.listKeys(folder));
  }
  const { protocol, hostname: bucket, searchParams } = URL.canParse(url) ? new URL(url) : new URL('invalid:');
  if (protocol !== 's3:' || !bucket)
    throw new ConfigurationError('The artifacts url must look like s3://bucket?region=eu-west-1.');
  const { S3Driver } = await import('flydrive/drivers/s3').catch((cause: unknown) => {
    const missing = 'Artifacts on S3 need the packages @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner';
    throw new ConfigurationError(`${missing}: ${cause instanceof Error ? cause.message : cause}`);
  });
  return new ArtifactStore(
    new S3Driver({
      bucket,
      visibility: 'private',
      supportsACL: false,
      region: searchParams.get('region') ?? 'eu-west-1',
      ...(searchParams.has('endpoint') && { endpoint: searchParams.get('endpoint') ?? '' }),
      forcePathStyle: searchParams.get('path_style') === 'true',
    }),
  );
}

async function listPages(disk: Disk, folder: string): Promise<string[]> {
  const keys: string[] = [];
  let paginationToken: string | undefined;
  do {
    const page = await disk.listAll(folder, { recursive: true, paginationToken });
    for (const entry of page.objects) if (entry.isFile) keys.push(entry.key);
    paginationToken = page.paginationToken;
  } while (paginationToken);
  return keys;
}

/** Null when the document is missing: flydrive wraps ENOENT of the disk and 404 of S3. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    for (let at = error; at instanceof Error; at = at.cause) {
      const { code, name } = at as NodeJS.ErrnoException;
      if (code === 'ENOENT' || name === 'NoSuchKey' || name === 'NotFound') return null;
    }
    throw error;
  }
}
