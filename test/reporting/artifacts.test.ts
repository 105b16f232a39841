// Documents in storage: whole or not there, in place of the earlier one, and never outside of their folder.

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type ArtifactOwner, artifactFolder, artifactPath, parseArtifactPath } from '../../reporting/artifact-paths.ts';
import { createArtifactStore } from '../../reporting/artifacts.ts';
import { makeDataDir } from './bank.ts';

const data_dir = await makeDataDir();
const store = await createArtifactStore({ data_dir });
const never = new AbortController().signal;
let count = 0;

function newOwner(fields: Partial<ArtifactOwner> = {}): ArtifactOwner {
  const last = String(++count).padStart(12, '0');
  const owner = {
    process_id: `019a0000-0000-7000-8000-${last}`,
    batch_id: '019a0000-0000-7000-9000-000000000000',
    ordinal: 1_234,
  };
  return { ...owner, ...fields };
}

async function filesOf(owner: ArtifactOwner): Promise<string[]> {
  return readdir(join(data_dir, 'artifacts', artifactFolder(owner))).catch(() => []);
}

// First in this file: nothing is remembered of another path yet.
test.each(['query.json', 'x.csv', '/query.json'])('a name without a folder is none of ours: %s', (name) => {
  expect(parseArtifactPath(name)).toBeNull();
});

test('lie by batch, thousand and process; without a batch under standalone', () => {
  const owner = newOwner();
  expect(artifactPath(owner, 'query', 'ndjson')).toBe(`${owner.batch_id}/1/${owner.process_id}/query.ndjson`);
  expect(artifactPath({ ...owner, ordinal: 99_999 }, 'render', 'pdf')).toBe(
    `${owner.batch_id}/99/${owner.process_id}/render.pdf`,
  );
  expect(artifactFolder({ ...owner, batch_id: null, ordinal: 0 })).toBe(`standalone/0/${owner.process_id}`);
});

test('are readable by their account alone, whatever the umask', async () => {
  const own = await makeDataDir();
  const owner = newOwner();
  const before = process.umask(0);
  try {
    const documents = await createArtifactStore({ data_dir: join(own, 'data') });
    await documents.put(artifactPath(owner, 'render', 'csv'), 'x', never);
  } finally {
    process.umask(before);
  }
  const modeOf = async (path: string) => (await stat(join(own, 'data', path))).mode & 0o777;
  const parts = `artifacts/${artifactPath(owner, 'render', 'csv')}`.split('/');
  for (let n = 1; n < parts.length; n++) expect(await modeOf(parts.slice(0, n).join('/'))).toBe(0o700);
  expect(await modeOf(parts.join('/'))).toBe(0o600);
});

test('a repeated put takes the place of the first', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'render', 'csv');
  await store.put(path, 'a much longer first text', never);
  await store.put(path, 'second', never);
  expect(await store.read(path)).toBe('second');
  expect(await filesOf(owner)).toEqual(['render.csv']);
});

test('puts of one document at once leave one of them whole, and nothing beside', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'render', 'csv');
  const texts = Array.from({ length: 12 }, (_, index) => String(index).repeat(200_000));
  await Promise.all(texts.map((contents) => store.put(path, contents, never)));
  expect(texts).toContain(await store.read(path));
  expect(await filesOf(owner)).toEqual(['render.csv']);
});

test('an abort before the effect leaves nothing', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'query', 'ndjson');
  const reason = new Error('the lease is lost');
  await expect(store.put(path, 'x', AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await filesOf(owner)).toEqual([]);
});

test('an abort while writing leaves the earlier document as it was, and nothing beside', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'query', 'ndjson');
  await store.put(path, 'earlier', never);
  const controller = new AbortController();
  const writing = store.put(path, 'x'.repeat(64_000_000), controller.signal);
  controller.abort();
  await expect(writing).rejects.toThrow();
  expect(await store.read(path)).toBe('earlier');
  expect(await filesOf(owner)).toEqual(['query.ndjson']);
});

test('is opened as a stream with its type, size and a name', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'render', 'html');
  await store.put(path, '<p>é</p>', never);
  const content = await store.open(path);
  expect(content).toMatchObject({
    content_type: 'text/html; charset=utf-8',
    size_bytes: 9,
    file_name: `statement-${owner.process_id}.html`,
  });
  expect(content && (await text(content.stream))).toBe('<p>é</p>');
});

test('what is not there reads as null', async () => {
  const path = artifactPath(newOwner(), 'render', 'pdf');
  expect(await store.read(path)).toBeNull();
  expect(await store.open(path)).toBeNull();
});

test.each([
  '../../../etc/passwd',
  '/etc/passwd',
  'standalone/0/../../secret.json',
  'standalone/0/019a0000-0000-7000-8000-000000000001/../x.json',
  'standalone/0/019a0000-0000-7000-8000-000000000001/.query.ndjson.00ff.tmp',
  'standalone/0/019a0000-0000-7000-8000-000000000001/query.sh',
  'standalone/0/019a0000-0000-7000-8000-000000000001/query.json\n',
  'standalone/0/019A0000-0000-7000-8000-000000000001/query.json',
  'other/0/019a0000-0000-7000-8000-000000000001/query.json',
])('%j is not the path of an artifact', async (path) => {
  expect(parseArtifactPath(path)).toBeNull();
  expect(await store.open(path)).toBeNull();
  await expect(store.read(path)).rejects.toThrow(TypeError);
  await expect(store.put(path, '', never)).rejects.toThrow(TypeError);
});

test('discard deletes what the step stored, whole or unfinished, and nothing else; again is no error', async () => {
  const owner = newOwner();
  await store.put(artifactPath(owner, 'query', 'ndjson'), 'q', never);
  await store.put(artifactPath(owner, 'render', 'pdf'), 'r', never);
  const folder = join(data_dir, 'artifacts', artifactFolder(owner));
  await writeFile(join(folder, '.query.ndjson.0badc0de.tmp'), 'half a li');
  expect(await store.discard(owner, 'query')).toBe(1);
  expect(await filesOf(owner)).toEqual(['render.pdf']);
  expect(await store.discard(owner, 'query')).toBe(0);
  expect(await store.discard(newOwner(), 'query')).toBe(0);
});

test('lists show whole documents only', async () => {
  const owner = newOwner({ batch_id: '019a0000-0000-7000-9000-00000000aaaa', ordinal: 2_000 });
  const other = newOwner({ batch_id: owner.batch_id, ordinal: 1 });
  const query = artifactPath(owner, 'query', 'ndjson');
  const render = artifactPath(other, 'render', 'html');
  await store.put(query, 'q', never);
  await store.put(render, 'r', never);
  const folder = join(data_dir, 'artifacts', artifactFolder(owner));
  await writeFile(join(folder, '.render.pdf.0badc0de.tmp'), '%PDF-1.');
  await mkdir(join(folder, 'query.json'));
  const stored = { process_id: owner.process_id, step: 'query', path: query };
  const slices = [];
  const batch_id = owner.batch_id as string;
  for await (const slice of store.listWindow({ batch_id, first_ordinal: 0, count: 2_001 })) slices.push(slice);
  expect(slices).toEqual([[{ process_id: other.process_id, step: 'render', path: render }], [], [stored]]);
});

test.each([
  ['one process again', 1_234, 1, 1],
  ['one at the edge of a folder', 1_999, 1, 1],
  ['two over the edge', 1_999, 2, 2],
])('a batch that does not begin at 0 is listed from its first folder on: %s', async (_what, first, count, folders) => {
  const batch_id = `019a0000-0000-7000-9000-0000000${count}${first}`;
  const ordinals = Array.from({ length: count }, (_, index) => first + index);
  const paths = ordinals.map((ordinal) => artifactPath(newOwner({ batch_id, ordinal }), 'render', 'csv'));
  for (const path of paths) await store.put(path, 'x', never);
  const slices = [];
  for await (const slice of store.listWindow({ batch_id, first_ordinal: first, count })) slices.push(slice);
  expect(slices).toHaveLength(folders);
  expect(slices.flat().map(({ path }) => path)).toEqual(paths);
});

test('a folder that cannot be read fails the listing, and is not taken for an empty one', async () => {
  const batch_id = '019a0000-0000-7000-9000-0000000f00de';
  await store.put(artifactPath(newOwner({ batch_id, ordinal: 0 }), 'render', 'csv'), 'x', never);
  await writeFile(join(data_dir, 'artifacts', batch_id, '1'), 'a file in the place of a folder');
  const listed = store.listWindow({ batch_id, first_ordinal: 0, count: 2_000 });
  expect((await listed.next()).value).toHaveLength(1);
  await expect(listed.next()).rejects.toThrow('ENOTDIR');
});

test('an attempt after a killed one clears away what that one left unfinished', async () => {
  const owner = newOwner();
  await store.put(artifactPath(owner, 'aggregation', 'json'), '{}', never);
  const folder = join(data_dir, 'artifacts', artifactFolder(owner));
  await writeFile(join(folder, '.aggregation.json.0badc0de.tmp'), '{');
  await writeFile(join(folder, '.render.pdf.0badc0de.tmp'), '%PDF');
  await store.discardUnfinished(owner, 'aggregation');
  expect((await filesOf(owner)).sort()).toEqual(['.render.pdf.0badc0de.tmp', 'aggregation.json']);
  expect(await readFile(join(folder, 'aggregation.json'), 'utf8')).toBe('{}');
});

test('all of a batch goes, half-written ones too; of no other batch, and again without harm', async () => {
  const batch_id = '019a0000-0000-7000-9000-00000000bbbb';
  const owners = [newOwner({ batch_id, ordinal: 1 }), newOwner({ batch_id, ordinal: 5_000 })];
  const other = newOwner({ batch_id: '019a0000-0000-7000-9000-00000000bbbc' });
  for (const owner of [...owners, other]) await store.put(artifactPath(owner, 'render', 'csv'), 'x', never);
  await writeFile(
    join(data_dir, 'artifacts', artifactFolder(owners[0] as ArtifactOwner), '.query.ndjson.0bad.tmp'),
    '{',
  );
  await store.discardBatch(batch_id);
  await store.discardBatch(batch_id);
  expect(await readdir(join(data_dir, 'artifacts'))).not.toContain(batch_id);
  expect(await filesOf(other)).toEqual(['render.csv']);
  for (const path of ['..', '', '019a0000', `${batch_id}/..`])
    await expect(store.discardBatch(path)).rejects.toThrow(TypeError);
});

test.each(['s3:', 'https://bucket', 'nonsense'])('the url %s is refused at once', async (url) => {
  await expect(createArtifactStore({ data_dir, url })).rejects.toMatchObject({ code: 'CONFIGURATION' });
});

test('a command delivered twice at once writes twice, and neither takes the other for something left over', async () => {
  const owner = newOwner();
  const path = artifactPath(owner, 'query', 'ndjson');
  const large = 'x'.repeat(3_000_000);
  const deliver = async () => {
    await store.discardUnfinished(owner, 'query');
    await store.put(path, large, never);
    await store.discardUnfinished(owner, 'query');
  };
  await Promise.all(Array.from({ length: 12 }, deliver));
  expect(await filesOf(owner)).toEqual(['query.ndjson']);
});
