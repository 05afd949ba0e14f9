import { domainToASCII } from 'node:url';
import { LIMITS } from '../limits';
import { hasStrayInvisible } from './invisible';
import { type Parsed, parsed, problem } from './parsed';

// RFC 5321 (dot-string), extended to all characters beyond ASCII by RFC 6531. In octets.
const LONGEST_LOCAL_PART = 64;
const LONGEST_DOMAIN = 253;
const ATOM = /^[\w!#$%&'*+\-/=?^`{|}~\u0080-\u{10FFFF}]+$/u;
const BLANK = /[\p{White_Space}\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
// URL parsing would stop at these.
const NOT_IN_DOMAIN = /(?![a-z0-9.-])[\0-\x7F]/i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Parses an e-mail address, trimmed and in NFC. Internationalized local parts (SMTPUTF8) and domains (IDNA) are accepted; quoted local parts and
 * address literals are not.
 */
export function parseEmail(text: string): Parsed<string> {
  const address = text.trim().normalize('NFC');
  if (Buffer.byteLength(address) > LIMITS.email)
    return problem(`must have at most ${LIMITS.email} bytes in UTF-8`, LIMITS.email);
  const [local, domain] = partsOf(address);
  const isValid =
    local !== '' &&
    Buffer.byteLength(local) <= LONGEST_LOCAL_PART &&
    local.split('.').every((atom) => ATOM.test(atom)) &&
    asciiDomain(domain) !== undefined;
  return isValid && !BLANK.test(address) && !hasStrayInvisible(address)
    ? parsed(address)
    : problem('must be an e-mail address');
}

/** Returns the key by which addresses are unique and found: without case and compatibility variants, the domain in ASCII (Punycode). */
export function emailKey(email: string): string {
  const [local, domain] = partsOf(email.trim());
  return `${local.normalize('NFKC').toLowerCase()}@${asciiDomain(domain) ?? domain.normalize('NFKC').toLowerCase()}`;
}

function partsOf(address: string): [local: string, domain: string] {
  const at = address.lastIndexOf('@');
  return at < 0 ? ['', address] : [address.slice(0, at), address.slice(at + 1)];
}

/** Returns a domain of at least two labels in ASCII, undefined if it is none. */
function asciiDomain(domain: string): string | undefined {
  const ascii = NOT_IN_DOMAIN.test(domain) ? '' : domainToASCII(domain);
  const labels = ascii.split('.');
  const isValid =
    ascii.length <= LONGEST_DOMAIN &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '');
  return isValid ? ascii : undefined;
}
