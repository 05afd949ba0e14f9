const MAX_BYTES = 16_384;

const fill = (unit: (index: number) => string, open: string, close: string, max = MAX_BYTES): string => {
  const parts: string[] = [];
  for (let bytes = open.length + close.length, index = 0; ; index += 1) {
    const part = unit(index);
    bytes += part.length + 1;
    if (bytes > max) return `${open}${parts.join(',')}${close}`;
    parts.push(part);
  }
};

/** Expensive bodies, each as long as is read. */
export const BODIES: Readonly<Record<string, string>> = {
  deep: '['.repeat(260_000),
  'deep, short': '{"a":'.repeat(3_000),
  wide: fill(() => '1', '{"overwrites":[', ']}'),
  'many keys': fill((index) => `"k${index}":1`, '{', '}'),
  'long keys': fill((index) => `"${String(index).padEnd(240, 'k')}":1`, '{', '}'),
  'long text': `{"name":"${'\\u00e4'.repeat(2_600)}"}`,
  'long list': `[${new Array(80_000).fill('1').join(',')}]`,
  'invalid items': `[${new Array(500).fill('{"id":1}').join(',')}]`,
  'invalid fields': `{"overwrites":[${new Array(180).fill('{"id":1,"type":2,"allow":3,"deny":4,"x":5}').join(',')}],"message_ids":[${new Array(400).fill('1').join(',')}]}`,
  'invalid JSON': `{"name":"${'x'.repeat(16_000)}`,
  empty: '',
};
