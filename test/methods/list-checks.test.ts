import { access } from 'node:fs/promises';
import { checks } from '../../module/checks/index.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

async function list(payload?: object) {
  const call = { name: 'ListChecks', payload: payload && Buffer.from(JSON.stringify(payload)) };
  const { status, body } = await dispatch(call, services({ docker: memoryDocker({}) }));
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(64 * 1024);
  return { status, body };
}

test('every check is listed with its section, its description and its page, also without a payload', async () => {
  const { status, body } = await list();
  expect(status).toBe(200);
  const listed = (body as { checks: { id: string; page: string }[] }).checks;
  expect(listed.map(({ page: _, ...check }) => check)).toEqual(
    checks.map(({ id, section, title }) => ({ id, section, description: title })),
  );
  for (const { page } of listed) await access(new URL(`../../${page}`, import.meta.url));
});

test('as text it has three columns', async () => {
  const { body } = await list({ output: 'TEXT' });
  const [head = '', ...lines] = (body as { text: string }).text.split('\n');
  expect(head).toMatch(/^CATEGORY +ID +DESCRIPTION$/);
  const line = lines.find((one) => one.includes('keyd-config-well-formed')) ?? '';
  expect(line.slice(0, head.indexOf('ID')).trim()).toBe('Configuration checks (aziot-identity-service)');
  expect(line.slice(head.indexOf('DESCRIPTION'))).toBe('keyd configuration is well-formed');
});
