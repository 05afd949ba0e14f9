import { readdirSync, readFileSync } from 'node:fs';
import { SETTING_NAMES } from './config.schema';

const guide = readFileSync('docs/self-hosting.md', 'utf8');
const metricsSource = readdirSync('src/metrics')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`src/metrics/${name}`, 'utf8'))
  .join('\n');

describe('docs/self-hosting.md', () => {
  it('names existing settings only', () => {
    const names = [...guide.matchAll(/`([A-Z][A-Z_]{3,})(?:=[^`]*)?`/g)].map(([, name]) => name!.replace(/_FILE$/, ''));
    const existing = [...SETTING_NAMES, 'LICENSE'];
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !existing.includes(name))).toEqual([]);
  });

  it('explains every metric of the server', () => {
    const metrics = new Set([...metricsSource.matchAll(/'(derailed_\w+)'/g)].map(([, name]) => name!));
    expect(metrics.size).toBeGreaterThan(5);
    for (const name of metrics) expect(guide).toContain(`\`${name}\``);
  });
});
