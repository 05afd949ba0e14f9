import boundaries from 'eslint-plugin-boundaries';

/*
 * The import rules of docs/architecture.md. A folder may import the folders of lower layers; folders of the feature layer also import each other,
 * but never the schema of another folder.
 */

/** Folders of src/, lowest layer first. */
const LAYERS = [
  ['common'],
  ['config', 'security'],
  ['redis', 'database'],
  ['cache'],
  ['events'],
  ['cluster'],
  ['throttling'],
  ['permissions', 'guild-cleanup'],
  // features
  [
    'audit',
    'auth',
    'users',
    'members',
    'guilds',
    'roles',
    'tracks',
    'dry-run',
    'messages',
    'reactions',
    'pins',
    'read-states',
    'search',
    'invites',
    'bans',
    'presence',
    'accounts',
  ],
  ['metrics', 'health', 'recovery', 'openapi'],
  ['http'],
  ['gateway'],
  ['demo'],
  ['cli'],
];
const FEATURES = LAYERS[8];
const FOLDERS = LAYERS.flat();

/** Pure files: they import `common` and other pure files only. */
const PURE = [
  'src/permissions/{compute-permissions,policy,permissions.errors,viewer,guild-state,permission-records}.ts',
  'src/{roles,tracks}/*{-order,.errors}.ts',
];

/** Schemas and models, which belong to their folder. */
const SCHEMAS = [`src/{${FEATURES.join()}}/*.{schema,models}.ts`];

/**
 * Folders that use models of another folder: sessions are stored in the document of their user, and a commit of a guild writes its roles and tracks.
 */
const SHARED_MODELS = { auth: ['users'], guilds: ['roles', 'tracks'] };

const toFolders = (types) => ({ to: { element: { types: { anyOf: types } } } });

/** Folders that a folder may import. */
function importsOf(folder) {
  const layer = LAYERS.findIndex((folders) => folders.includes(folder));
  const lower = LAYERS.slice(0, layer)
    .flat()
    .filter((other) => other !== 'gateway');
  return [folder, ...lower, ...(FEATURES.includes(folder) ? FEATURES : [])];
}

export const boundaryRules = [
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    plugins: { boundaries },
    settings: {
      'import/resolver': { node: { extensions: ['.ts'] } },
      'boundaries/elements': FOLDERS.map((folder) => ({ type: folder, pattern: `src/${folder}` })),
      'boundaries/files': [
        { category: 'root', pattern: 'src/*.ts' },
        { category: 'pure', pattern: PURE },
        { category: 'schema', pattern: SCHEMAS },
      ],
    },
    rules: {
      'boundaries/no-unknown-files': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            {
              from: { file: { categories: 'root' } },
              allow: [toFolders(FOLDERS), { to: { file: { categories: 'root' } } }],
            },
            {
              from: { element: { types: { anyOf: ['cli', 'demo'] } } },
              allow: { to: { file: { categories: 'root' } } },
            },
            ...FOLDERS.map((folder) => ({ from: { element: { type: folder } }, allow: toFolders(importsOf(folder)) })),
            ...FEATURES.map((folder) => ({
              from: { element: { type: folder } },
              disallow: {
                to: {
                  element: { types: { noneOf: [folder, ...(SHARED_MODELS[folder] ?? [])] } },
                  file: { categories: 'schema' },
                },
                dependency: { kind: 'value' },
              },
              message: 'A schema stays in its feature: use a service or repository of that feature.',
            })),
            {
              from: { file: { categories: 'pure' } },
              disallow: { to: { element: { type: '!common' } } },
              message: 'A pure file imports common and other pure files only.',
            },
            { from: { file: { categories: 'pure' } }, allow: { to: { file: { categories: 'pure' } } } },
          ],
        },
      ],
    },
  },
];
