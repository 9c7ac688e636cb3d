/** Fetches an archive that lies on a device through IoT Hub; see the usage below. */
import { parseArgs } from 'node:util';
import { download, type Wanted } from './archive.ts';
import { connectHub, type Invoke } from './hub.ts';

const usage = `Usage: npm run download -- --device DEVICE --task ID [--module edgeSupport] [--key KEY] [--out FILE]

Fetches an archive that lies on a device (a support bundle, a module's log) through IoT Hub, without a storage account.
  --device DEVICE  the IoT Edge device
  --module MODULE  this module's name on it (default edgeSupport)
  --task ID        the task that made the archive: the correlationId of the upload's answer
  --key KEY        which archive, when the task made several
  --out FILE       where to (default: the archive's own name, here)
The environment variable IOTHUB_CONNECTION_STRING holds a connection string of the hub with the right "service connect".
A broken download is gone on with when it is called again.
Exit code: 0 when the file is there and its sha256 right, 1 when it is not, 2 for wrong usage.`;

interface Order extends Wanted {
  readonly invoke: Invoke;
}

function read(args: string[], connectionString: string | undefined): Order {
  const { values } = parseArgs({
    args,
    options: {
      device: { type: 'string' },
      module: { type: 'string', default: 'edgeSupport' },
      task: { type: 'string' },
      key: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const { device, module, task, key, out } = values;
  if (!device || !task) throw new Error('--device and --task must be given.');
  if (!connectionString) throw new Error('The environment variable IOTHUB_CONNECTION_STRING is not set.');
  const wanted = { taskId: task, ...(key === undefined ? {} : { key }), ...(out === undefined ? {} : { out }) };
  return { ...wanted, invoke: connectHub({ connectionString, device, module }) };
}

/** One line that is written over, on a terminal only. */
function showProgress(done: number, bytes: number): void {
  if (!process.stderr.isTTY) return;
  const percent = bytes === 0 ? 100 : Math.floor((done / bytes) * 100);
  process.stderr.write(`\r${megabytes(done)} of ${megabytes(bytes)} MB (${percent} %)${done === bytes ? '\n' : ''}`);
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function fail(code: number, text: string): void {
  console.error(text);
  process.exitCode = code;
}

try {
  const { invoke, ...wanted } = read(process.argv.slice(2), process.env.IOTHUB_CONNECTION_STRING);
  try {
    const { file, bytes, sha256 } = await download(invoke, wanted, showProgress);
    console.log(`${file}: ${bytes} bytes, sha256 ${sha256}`);
  } catch (error) {
    fail(1, (error as Error).message);
  }
} catch (error) {
  fail(2, `${(error as Error).message}\n\n${usage}`);
}
