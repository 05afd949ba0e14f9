import { CONFUSABLES } from './confusables.data';

const PROTOTYPES: ReadonlyMap<string, string> = new Map(
  CONFUSABLES.split(' ').flatMap((entry) => {
    const at = entry.lastIndexOf('=');
    return [...entry.slice(at + 1)].map((character) => [character, entry.slice(0, at)] as const);
  }),
);

const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Returns the skeleton of a text: two texts with the same skeleton look alike. As in UTS 39, section 4, but on NFKD instead of NFD, since
 * identifiers are normalized with NFKC.
 */
export const skeletonOf = (text: string): string =>
  [...text.normalize('NFKD').replace(IGNORED, '')]
    .map((character) => PROTOTYPES.get(character) ?? character)
    .join('')
    .normalize('NFKD');

const SOFT_DOTTED_DOT = /(?<=\p{Soft_Dotted})\u0307/gu;

/** Returns a text without case: NFKC_Casefold for what UTS 39 allows in identifiers, where both Greek sigmas and all Turkish letters i are the same. */
export const caseFold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(IGNORED, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(SOFT_DOTTED_DOT, '')
    .normalize('NFC');
