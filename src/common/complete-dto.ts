/**
 * A DTO with each public field of the stored document that it is made of. A field that the DTO lacks, or that the mapping from the document leaves out,
 * does not compile; so a new stored field is either mapped or named among the internal fields of its document.
 */
export type CompleteDto<Dto, PublicField extends keyof Dto> = Dto & Required<Pick<Dto, PublicField>>;
