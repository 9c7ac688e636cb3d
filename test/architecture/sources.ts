import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const top = join(import.meta.dirname, '../..');

export interface Import {
  /** The importing file, from the top of the repository: `module/base/log.ts`. */
  readonly from: string;
  readonly line: number;
  /** What stands in the quotes. */
  readonly specifier: string;
  /** For a relative import, the file it names, from the top of the repository. */
  readonly file: string | undefined;
}

/** The TypeScript files below a folder of the repository, by their paths from its top; none when there is no such folder. */
export function sourcesBelow(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name))
    .sort();
}

export function textOf(file: string): string {
  return readFileSync(join(top, file), 'utf8');
}

/** Everything a source imports: `import … from`, `import type`, `export … from`, `import '…'`, `import('…')`. */
export function importsIn(file: string, text = textOf(file)): Import[] {
  const statement = /^[ \t]*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*(['"])(?<specifier>[^'"\n]+)\1/gm;
  const call = /\b(?:import|require)\(\s*(['"])(?<specifier>[^'"\n]+)\1/g;
  return [...text.matchAll(statement), ...text.matchAll(call)].map((match) => {
    const specifier = match.groups?.specifier ?? '';
    return {
      from: file,
      line: text.slice(0, match.index).split('\n').length,
      specifier,
      file: specifier.startsWith('.') ? posix.join(dirname(file), specifier) : undefined,
    };
  });
}
