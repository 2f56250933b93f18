// Makes the script and the style that the module embeds. The same sources and lock file give the same bytes.
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = resolve(process.argv[2] ?? join(here, '../../src/LowMem.Checkpoints/Reporting/Pages'));

// The licence of what is bundled goes where the bundle goes: into each page.
const licence = (await readFile(join(here, 'node_modules/d3-hierarchy/LICENSE'), 'utf8')).trim();
const { version } = JSON.parse(await readFile(join(here, 'node_modules/d3-hierarchy/package.json'), 'utf8'));

const common = { bundle: true, minify: true, charset: 'ascii', legalComments: 'none', logLevel: 'warning', target: ['chrome123', 'firefox128', 'safari17.5'] };
await build({
  ...common,
  absWorkingDir: here,
  entryPoints: ['src/main.js'],
  format: 'iife',
  outfile: join(output, 'report.js'),
  banner: { js: `/*! d3-hierarchy ${version}\n${licence}\n*/` },
});
await build({ ...common, absWorkingDir: here, entryPoints: ['src/report.css'], outfile: join(output, 'report.css') });
