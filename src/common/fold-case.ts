/** Text by which names are compared and looked for, whatever their case and however their characters are composed. */
export const foldCase = (text: string): string => text.normalize('NFKC').toLowerCase();
