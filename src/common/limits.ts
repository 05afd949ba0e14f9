/**
 * Every limit of the platform, quoted by validation, errors and documentation.
 * Lengths are in characters (Unicode code points), the rest are counts unless the name has a unit.
 */
export const LIMITS = {
  usernameMin: 2,
  username: 32,
  passwordMin: 8,
  password: 128,
  email: 254,
  sessions: 100,
  /** Address blocks of earlier logins that are stored with an account. */
  knownAddresses: 20,
  userAgent: 200,

  guildName: 100,
  guildDescription: 1_300,
  guilds: 200,

  nick: 32,
  timeoutDays: 28,

  roleName: 128,
  roles: 200,

  trackName: 55,
  trackTopic: 1_000,
  tracks: 500,
  tracksInCategory: 50,
  overwrites: 100,
  slowmodeSeconds: 21_600,
  groupsInImpact: 100,
  namedInGroup: 100,

  message: 2_000,
  nonce: 64,
  mentions: 50,
  bulkDeleteMin: 2,
  bulkDelete: 100,
  pins: 50,
  reactionKinds: 20,
  term: 32,
  searchQuery: 200,
  /** What one search reads: candidates, and characters of the candidates whose text decides. */
  searchLooked: 1_000,
  searchCharacters: 200_000,
  page: 100,

  unread: 1_000,
  unreadMentions: 100,
  mentionsCounted: 1_000,
  tracksWithMentions: 200,
  deletedCounted: 10_000,

  memberPage: 1_000,
  memberQuery: 32,
  /** Members who match a search and are sorted by name; of more, those who joined first. */
  membersSearched: 200,
  /** The places of a guild's list of members that can be looked at. */
  memberList: 1_000,
  memberWindow: 100,
  subscriptions: 10,
  requestedMembers: 1_000,
  requestedIds: 100,
  memberChunk: 100,

  inviteMaxAgeSeconds: 2_592_000,
  inviteMaxUses: 10_000,
  invites: 1_000,
  /** Usable invites that one member can have in a guild. */
  invitesPerMember: 100,

  banReason: 512,
  banDeleteMessageSeconds: 604_800,

  auditReason: 512,
  auditDays: 90,
  /** The longest body of a request, unless its route declares more. */
  bodyBytes: 16_384,
  /** The longest body of a move of all tracks. */
  moveTracksBytes: 65_536,
  /** The longest body of a response to a rejected request. */
  problemBytes: 16_384,
  validationErrors: 20,
  jsonKeys: 64,
  jsonItems: 500,
  packetBytes: 65_536,
  replayed: 10_000,
  /** The guilds that READY tells, and each that is told at once later. The others, and the tracks of one that is longer, follow one by one. */
  toldAtOnceBytes: 262_144,
  jsonDepth: 16,
} as const;
