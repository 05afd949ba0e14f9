/*
 * ZWJ and ZWNJ are invisible, and still part of the spelling in some scripts. They are valid where they change the shape of their neighbors: rule
 * CONTEXTJ of IDNA 2008 (RFC 5892, appendix A.1 and A.2), and the same places in UTS 39 and UAX 31, section 2.3.
 */

// Unicode 17: characters with Canonical_Combining_Class=Virama.
const VIRAMA =
  '\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D3B\\u0D3C\\u0D4D\\u0DCA\\u0E3A\\u0EBA\\u0F84\\u1039\\u103A\\u1714\\u1715\\u1734\\u17D2\\u1A60\\u1B44\\u1BAA\\u1BAB\\u1BF2\\u1BF3\\u2D7F\\uA806\\uA82C\\uA8C4\\uA953\\uA9C0\\uAAF6\\uABED\\u{11046}\\u{11133}\\u{11134}\\u{111C0}\\u{11442}\\u{114C2}';

// Unicode 17: Joining_Type=Dual_Joining of the scripts in use: Arabic, Syriac, N'Ko, Mandaic, Mongolian, Hanifi Rohingya, Adlam.
const DUAL_JOINING =
  '\\u0620\\u0626\\u0628\\u062A-\\u062E\\u0633-\\u063F\\u0641-\\u0647\\u0649-\\u064A\\u066E-\\u066F\\u0678-\\u0687\\u069A-\\u06BF\\u06C1-\\u06C2\\u06CC\\u06CE\\u06D0-\\u06D1\\u06FA-\\u06FC\\u06FF\\u0712-\\u0714\\u071A-\\u071D\\u071F-\\u0727\\u0729\\u072B\\u072D-\\u072E\\u074E-\\u0758\\u075C-\\u076A\\u076D-\\u0770\\u0772\\u0775-\\u0777\\u077A-\\u077F\\u07CA-\\u07EA\\u0841-\\u0845\\u0848\\u084A-\\u0853\\u0855\\u0860\\u0862-\\u0865\\u0868\\u0886\\u0889-\\u088D\\u088F\\u08A0-\\u08A9\\u08AF-\\u08B0\\u08B3-\\u08B8\\u08BA-\\u08C8\\u1807\\u1820-\\u1878\\u1887-\\u18A8\\u18AA\\u{10D01}-\\u{10D21}\\u{10D23}\\u{1E900}-\\u{1E943}';

// Unicode 17: Joining_Type=Right_Joining of the same scripts.
const RIGHT_JOINING =
  '\\u0622-\\u0625\\u0627\\u0629\\u062F-\\u0632\\u0648\\u0671-\\u0673\\u0675-\\u0677\\u0688-\\u0699\\u06C0\\u06C3-\\u06CB\\u06CD\\u06CF\\u06D2-\\u06D3\\u06D5\\u06EE-\\u06EF\\u0710\\u0715-\\u0719\\u071E\\u0728\\u072A\\u072C\\u072F\\u074D\\u0759-\\u075B\\u076B-\\u076C\\u0771\\u0773-\\u0774\\u0778-\\u0779\\u0840\\u0846-\\u0847\\u0849\\u0854\\u0856-\\u0858\\u0867\\u0869-\\u086A\\u0870-\\u0882\\u088E\\u08AA-\\u08AC\\u08AE\\u08B1-\\u08B2\\u08B9\\u{10D22}';

// UAX 31, figure 4: Malayalam chillu and Bengali or Kannada ra with ZWJ before the virama.
const BEFORE_VIRAMA = `(?<=[\\u09B0\\u0CB0])\\u200D(?=[\\u09CD\\u0CCD])`;

const VALID_JOINER = new RegExp(
  `(?<=[${VIRAMA}])[\\u200C\\u200D]|${BEFORE_VIRAMA}|(?<=[${DUAL_JOINING}]\\p{Mn}*)[\\u200C\\u200D](?=\\p{Mn}*[${DUAL_JOINING}${RIGHT_JOINING}])`,
  'gu',
);

/** Removes the joiners of a text that are valid: those that change the shape of the letters beside them. */
export const withoutValidJoiners = (text: string): string => text.replace(VALID_JOINER, '');
