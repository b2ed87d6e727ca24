// `npm run build`: src/rule.js as a component that imports nothing.

import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';

// componentize-js does not say where a mistake in the syntax is; Node.js does.
for (const file of (await readdir('src')).filter((name) => name.endsWith('.js'))) {
  const { status } = spawnSync(process.execPath, ['--check', `src/${file}`], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

const { componentize } = await import('@bytecodealliance/componentize-js');

const { component, imports } = await componentize({
  sourcePath: 'src/rule.js',
  witPath: '../../../wit/v1.1.0',
  worldName: 'mechanic',
  // A mechanic has no clock, no chance and no network: everything it may know arrives in the call.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
if (imports.length > 0) {
  throw new Error(`the component imports ${imports}; a mechanic may import nothing`);
}
await mkdir('dist', { recursive: true });
await writeFile('dist/spend-and-get.wasm', component);
console.log(`dist/spend-and-get.wasm, ${component.length} bytes`);
