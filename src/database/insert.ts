import type { Model } from 'mongoose';

/**
 * Adds a document that is made of the stored types already, so that Mongoose has nothing to cast. Its errors are the driver's, which tell
 * the unique index that was in the way.
 */
export async function insert<Document extends object>(model: Model<Document>, document: Document): Promise<void> {
  await model.collection.insertOne(document);
}
