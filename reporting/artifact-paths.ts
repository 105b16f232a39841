// Paths of artifacts: `<batch_id or standalone>/<ordinal div 1000>/<process_id>/<step>.<extension>`.
// Only such a path is read or written, so no path from outside reaches another file.

/** Determines the folder. */
export interface ArtifactOwner {
  process_id: string;
  batch_id: string | null;
  ordinal: number;
}

export interface ArtifactPath {
  process_id: string;
  step: string;
  extension: ArtifactExtension;
}

const CONTENT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  json: 'application/json; charset=utf-8',
  pdf: 'application/pdf',
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const;
export type ArtifactExtension = keyof typeof CONTENT_TYPES;

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const PATH = new RegExp(
  `^(?:standalone|${ID})/\\d{1,9}/(${ID})/([a-z][a-z0-9_]*)\\.(${Object.keys(CONTENT_TYPES).join('|')})$`,
);

/** A folder of a batch holds the processes of 1,000 ordinals. */
export function folderNumber(ordinal: number): number {
  return Math.floor(ordinal / 1000);
}

export function artifactFolder({ process_id, batch_id, ordinal }: ArtifactOwner): string {
  return `${batch_id ?? 'standalone'}/${folderNumber(ordinal)}/${process_id}`;
}

export function artifactPath(owner: ArtifactOwner, step: string, extension: ArtifactExtension): string {
  return `${artifactFolder(owner)}/${step}.${extension}`;
}

/** Null for any other path, also of an unfinished file. */
export function parseArtifactPath(path: string): ArtifactPath | null {
  const [, process_id, step, extension] = PATH.exec(path) ?? [];
  return process_id && step ? { process_id, step, extension: extension as ArtifactExtension } : null;
}

/** @throws TypeError when `path` is not that of an artifact */
export function requireArtifactPath(path: string): ArtifactPath {
  const parts = parseArtifactPath(path);
  if (!parts) throw new TypeError(`Not the path of an artifact: ${path}`);
  return parts;
}

export function contentTypeOf(extension: ArtifactExtension): string {
  return CONTENT_TYPES[extension];
}
