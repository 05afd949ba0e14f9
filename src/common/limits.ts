/**
 * All limits of the platform, used by validation, errors and documentation. Lengths are in characters (Unicode code
 * points); other limits are counts unless the name has a unit.
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
  /** Bounds of one search request: candidates, and characters of the candidates whose text is compared. */
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
  /** Matching members that are sorted by name; if more members match, those who joined first. */
  membersSearched: 200,
  /** Length of the part of a member list that clients can subscribe to. */
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
  /** Maximum length of a request body, unless its route declares another one. */
  bodyBytes: 16_384,
  /** Maximum length of the body that moves all tracks. */
  moveTracksBytes: 65_536,
  /** Maximum length of the response to a rejected request. */
  problemBytes: 16_384,
  validationErrors: 20,
  jsonKeys: 64,
  jsonItems: 500,
  packetBytes: 65_536,
  replayed: 10_000,
  /**
   * Maximum size of the guilds in READY, and of a guild in one GUILD_CREATE. Other guilds, and the tracks of larger
   * guilds, follow in further packets.
   */
  toldAtOnceBytes: 262_144,
  jsonDepth: 16,
} as const;
