import type { Check } from '../checks/check.ts';
import { pageOf } from './page.ts';

type Listed = Pick<Check, 'id' | 'section' | 'title'>;

/** One line of the list of checks. */
export interface ListedCheck {
  readonly id: string;
  readonly section: string;
  readonly description: string;
  readonly page: string;
}

export function toCheckList(checks: readonly Listed[]): readonly ListedCheck[] {
  return checks.map(({ id, section, title }) => ({ id, section, description: title, page: pageOf(id) }));
}

/** The list as `iotedge check-list` prints it: three columns, an empty line behind the head and every section. */
export function toCheckListText(checks: readonly Listed[]): string {
  const widest = (of: (check: Listed) => string) => Math.max(0, ...checks.map((check) => of(check).length)) + 1;
  const [first, second] = [widest(({ section }) => section), widest(({ id }) => id)];
  const line = (section: string, id: string, title: string) => `${section.padEnd(first)}${id.padEnd(second)}${title}`;
  const groups = [...Map.groupBy(checks, ({ section }) => section).values()];
  const body = groups.flatMap((group) => [...group.map(({ section, id, title }) => line(section, id, title)), '']);
  return `${[line('CATEGORY', 'ID', 'DESCRIPTION'), '', ...body].join('\n')}\n`;
}
