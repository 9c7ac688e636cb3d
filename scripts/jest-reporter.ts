import { stripVTControlCharacters } from 'node:util';

/** After the last test, how long the end of the engine and of the hub may take before it counts as a leak. */
const leakAfterMs = 60_000;

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not even be loaded. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly testResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** So many failures are told again at the end, and so much of each: characters. */
const toldAgain = 8;
const toldLength = 1000;

/**
 * Ends a run with what failed, for whoever sees only the end of a long output, and with one line, `N passed, N failed`.
 * Fails a run that leaves something open.
 *
 * Jest only warns of an open handle and then waits for ever. The tests run in this very process (`maxWorkers: 1`), so
 * the handles can be counted around each test file: the files after which there were more are named.
 */
export default class ClosingReporter {
  readonly #suspects: string[] = [];
  #before = new Map<string, number>();

  onTestFileStart(): void {
    this.#before = openResources();
  }

  onTestFileResult({ path }: { readonly path: string }): void {
    const more = [...openResources()].filter(([kind, count]) => count > (this.#before.get(kind) ?? 0));
    if (more.length > 0) this.#suspects.push(`${path}: ${more.map(([kind]) => kind).join(', ')}`);
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    // Jest's own summary and the end of the engine come after this call; the line is to be the last.
    process.once('exit', () => process.stdout.write(`${failures(results)}\n${closingLine(results)}\n`));
    setTimeout(() => {
      process.stderr.write(
        `Tests left something open that keeps the process alive: ${[...openResources().keys()].join(', ')}.\n` +
          `More was open after than before these files:\n  ${this.#suspects.join('\n  ') || '(none)'}\n`,
      );
      process.exit(1);
    }, leakAfterMs).unref();
  }
}

/** The failed tests with the beginning of what each says, without stacks and colours. */
function failures({ testResults }: Results): string {
  const failed = testResults.flatMap((file) => file.testResults.filter(({ status }) => status === 'failed'));
  const told = failed.slice(0, toldAgain).map(({ fullName, failureMessages: [message = ''] }) => {
    const lines = stripVTControlCharacters(message)
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    // Of a comparison only the lines that differ say something.
    const differing = lines.filter((line) => /^\s*[-+] /.test(line));
    return `FAILED ${fullName}\n${(differing.length > 2 ? differing : lines).join('\n').slice(0, toldLength)}\n`;
  });
  return told.length === 0 ? '' : `\n${told.join('\n')}`;
}

function closingLine(results: Results): string {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
