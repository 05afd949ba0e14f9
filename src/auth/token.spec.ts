import { randomBytes } from 'node:crypto';
import { TokenSigner } from './token';

describe('TokenSigner', () => {
  const signer = new TokenSigner(randomBytes(32));

  it('verifies its own tokens and returns the ids and the stored hash', () => {
    const { token, secretHash } = signer.issue(1n, (1n << 63n) - 1n);
    expect(signer.verify(token)).toEqual({ userId: 1n, sessionId: (1n << 63n) - 1n, secretHash });
  });

  it('issues a different token each time', () => {
    expect(signer.issue(1n, 2n).token).not.toBe(signer.issue(1n, 2n).token);
  });

  it('rejects a token with any character changed', () => {
    const { token } = signer.issue(1n, 2n);
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      expect(signer.verify(token.slice(0, index) + other + token.slice(index + 1))).toBeUndefined();
    }
  });

  it('rejects tokens of another key, of another form, and other types', () => {
    const { token } = new TokenSigner(randomBytes(32)).issue(1n, 2n);
    for (const sent of [token, '', 'x', 'g'.repeat(43), 'g'.repeat(86), `${token}A`, undefined, null, 5, {}, [token]])
      expect(signer.verify(sent)).toBeUndefined();
  });
});
