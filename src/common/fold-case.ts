/** Returns the form in which names are compared and searched: without case and compatibility variants, in NFKC. */
export const foldCase = (text: string): string => text.normalize('NFKC').toLowerCase();
