// Makes the npm packages, as tarballs: `node scripts/pack.js FOLDER [NAME…]`. It packs what `npm run build` built.
//
// Workspaces depend on one another by name. What is published contains those that are not published by themselves (`bundleDependencies`), so that
// each tarball needs nothing but public packages. The command's tarball has the layout of the repository: bin, services, and what they read.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIBRARIES = { '@desist/verdicts': 'packages/verdicts', '@desist/formats': 'packages/formats', '@desist/client': 'packages/client' };
const SERVICES = ['cli', 'standalone', 'engine', 'ingest', 'query'];
const DESCRIPTIONS = {
  '@desist/verdicts': 'What an SMTP reply means, and whose fault it is',
  '@desist/formats': 'Webhooks, mail logs and bounce messages of email providers and mail servers as delivery events',
  '@desist/client': 'Asks Desist before sending, follows the suppression list, keeps a copy of it in process',
};

const [out, ...wanted] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node scripts/pack.js FOLDER [NAME…]');
  process.exit(2);
}
const root = manifestOf('.');
const folders = new Map(readdirSync(join(ROOT, 'packages')).map((name) => [manifestOf(`packages/${name}`).name, `packages/${name}`]));
const stages = join(resolve(out), 'stages');
rmSync(stages, { recursive: true, force: true });
for (const name of wanted.length > 0 ? wanted : [...Object.keys(LIBRARIES), 'desist']) pack(name);
rmSync(stages, { recursive: true });

function pack(name) {
  const stage = join(stages, name.replace('/', '-'));
  mkdirSync(stage, { recursive: true });
  const manifest = name === 'desist' ? command(stage) : library(name, stage);
  cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  write(stage, manifest);
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(out)], {
    cwd: stage,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const packed = JSON.parse(stdout);
  const { filename, size, files } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
  console.log(`${join(out, filename)}  ${(size / 1e6).toFixed(2)} MB, ${files.length} files`);
}

function library(name, stage) {
  const folder = LIBRARIES[name];
  const manifest = manifestOf(folder);
  built(folder, stage);
  cpSync(join(ROOT, folder, 'README.md'), join(stage, 'README.md'));
  const inside = bundle(Object.keys(manifest.dependencies ?? {}), stage);
  return {
    ...published(name, DESCRIPTIONS[name]),
    type: 'module',
    sideEffects: false,
    exports: withoutSources(manifest.exports),
    ...(manifest.imports === undefined ? {} : { imports: withoutSources(manifest.imports) }),
    ...dependencies([manifest], inside),
  };
}

function command(stage) {
  const manifests = SERVICES.map((name) => manifestOf(`services/${name}`));
  for (const name of SERVICES) built(`services/${name}`, join(stage, 'services', name));
  for (const path of ['bin', 'migrations', 'services/cli/data', 'policy.example.yaml', 'sources.example.yaml', 'README.md'])
    cpSync(join(ROOT, path), join(stage, path), { recursive: true });
  const inside = bundle(
    manifests.flatMap((manifest) => Object.keys(manifest.dependencies ?? {})),
    stage,
  );
  cpSync(join(ROOT, 'migrations'), join(stage, 'node_modules/@desist/postgres/migrations'), { recursive: true });
  return { ...published('desist', root.description), type: 'module', bin: { desist: 'bin/desist.js' }, ...dependencies(manifests, inside) };
}

function published(name, description) {
  const { version, license, engines } = root;
  return { name, version, description, license, engines, publishConfig: { access: 'public', provenance: true } };
}

/** Copies the named workspaces, and those that they need, into the stage's `node_modules`. Returns their manifests. */
function bundle(names, stage) {
  const found = new Map();
  const visit = (name) => {
    const folder = folders.get(name);
    if (folder === undefined || found.has(name)) return;
    const manifest = manifestOf(folder);
    found.set(name, manifest);
    const target = join(stage, 'node_modules', name);
    built(folder, target);
    const { version, license, type, exports, imports, dependencies: needs } = manifest;
    write(target, {
      name,
      version,
      license,
      type,
      exports: withoutSources(exports),
      imports: withoutSources(imports),
      dependencies: needs,
    });
    Object.keys(needs ?? {}).forEach(visit);
  };
  names.forEach(visit);
  return found;
}

/** Public packages of all of them, as they are pinned, and the bundled ones. */
function dependencies(manifests, inside) {
  const all = [...manifests, ...inside.values()].flatMap((manifest) => Object.entries(manifest.dependencies ?? {}));
  const bundled = [...inside.keys()].sort();
  return {
    dependencies: Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b))),
    ...(bundled.length === 0 ? {} : { bundleDependencies: bundled }),
  };
}

/** What was built, and what it reads beside it: no maps, which lead to sources that are not published. */
function built(folder, target) {
  for (const part of ['dist', 'schemas']) {
    const source = join(ROOT, folder, part);
    if (part === 'dist' && !existsSync(source)) throw new Error(`${folder} is not built: npm run build`);
    if (existsSync(source)) cpSync(source, join(target, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
  }
}

function withoutSources(conditions) {
  if (typeof conditions !== 'object' || conditions === null) return conditions;
  const kept = Object.entries(conditions).filter(([name]) => name !== 'source');
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutSources(value)]));
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
}

function write(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
