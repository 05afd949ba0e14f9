declare module '@zxcvbn-ts/language-common/dist/passwords.json.cjs' {
  /** Passwords in lower case, the most common first. */
  const ranked: readonly string[];
  export default ranked;
}
