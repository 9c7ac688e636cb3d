import type { Manifest } from '../../../module/report/manifest.ts';
import type { LocalEdge } from '../../../sim/edge.ts';
import { waitFor } from '../../../sim/wait.ts';
import { unzip } from '../../support/unzip.ts';

interface Status {
  readonly status: string;
  readonly message: string;
  readonly results?: readonly { readonly blob?: string; readonly files?: number }[];
}

/** Asks a device for a bundle and waits for it: its bytes, files and manifest. */
export async function bundleOf(edge: Pick<LocalEdge, 'blob' | 'invoke'>, request: object) {
  const sasUrl = edge.blob.containerSasUrl();
  const { status, payload } = await edge.invoke('UploadSupportBundle', { sasUrl, ...request }, { timeoutSecs: 30 });
  expect(status).toBe(200);
  const { correlationId } = payload as { readonly correlationId: string };
  const ended = await waitFor(
    'the bundle',
    async () => {
      const answer = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
      const told = answer.payload as Status;
      return told.status === 'Running' ? undefined : told;
    },
    { limitMs: 60_000, everyMs: 200 },
  );
  expect(ended).toMatchObject({ status: 'Completed', message: '' });
  const name = new URL(ended.results?.[0]?.blob ?? '').pathname.split('/').slice(3).join('/');
  const bytes = await edge.blob.download(decodeURIComponent(name));
  const files = await unzip(bytes);
  const manifest = JSON.parse(String(files.get('manifest.json'))) as Manifest;
  return { name, bytes, files, manifest, text: (file: string) => files.get(file)?.toString() ?? '' };
}
