/** A JSON body that is already encoded as UTF-8 and sent as it is. */
export class EncodedJson {
  constructor(readonly bytes: Buffer) {}
}
