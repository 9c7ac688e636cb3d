// biome-ignore-all lint/suspicious/noTemplateCurlyInString: VS Code and GitHub write their variables so
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(join(top, name), 'utf8'));
const { configurations } = read('.vscode/launch.json') as { configurations: Record<string, string | string[]>[] };
const { tasks } = read('.vscode/tasks.json') as {
  tasks: {
    label: string;
    command: string;
    problemMatcher: { background: { beginsPattern: string; endsPattern: string } };
  }[];
};

test('what is started before a debugger is attached is there, and says when it is ready', () => {
  const started = configurations.flatMap(({ preLaunchTask }) => preLaunchTask ?? []);
  expect(tasks.map(({ label }) => label)).toEqual(started);
  const said = readFileSync(join(top, 'sim/cli/sim.ts'), 'utf8') + readFileSync(join(top, 'sim/edge.ts'), 'utf8');
  for (const { command, problemMatcher } of tasks) {
    const script = /^npm run (\w+) -- --debug$/.exec(command)?.[1] ?? '';
    expect(read('package.json').scripts).toHaveProperty(script);
    expect(said).toMatch(new RegExp(problemMatcher.background.beginsPattern));
    expect(said).toMatch(new RegExp(problemMatcher.background.endsPattern));
  }
});

test('the programs it runs are there', () => {
  const paths = configurations.flatMap(({ runtimeExecutable = [], program = [] }) =>
    [runtimeExecutable, program].flat(),
  );
  expect(paths).toHaveLength(2);
  for (const path of paths) expect(existsSync(path.replace('${workspaceFolder}', top))).toBe(true);
});
