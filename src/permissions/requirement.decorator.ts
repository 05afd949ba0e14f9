import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth } from '@nestjs/swagger';
import { ValidationFailed, TokenInvalid } from '../common/common.errors';
import { RegisterHttpRoute } from '../common/http-route';
import { ApiProblems } from '../common/problems.decorator';
import { RateLimited } from '../throttling/throttling.errors';
import type { TrackRecord } from './permission-records';
import { NO_PERMISSIONS, type PermissionSet, union } from './compute-permissions';
import { OwnerOnly, PermissionsMissing, GuildNotFound, NotATextTrack, TrackNotFound } from './permissions.errors';

/** What a caller must be or hold, declared on every handler. */
export type Requirement =
  | {
      readonly kind: 'public';
      /** The handler checks the `Authorization` header, which is not that of a session. */ readonly checksAuthorization?: true;
    }
  | { readonly kind: 'token' }
  | {
      readonly kind: 'member';
      readonly permissions: PermissionSet;
      readonly ownerOnly: boolean;
      /** The type that the track must have, if the handler works with tracks of one type only. */
      readonly trackType?: TrackRecord['type'];
    };

/** Where a requirement is kept; a handler without one stops the boot. */
export const RequirementMetadata = Reflector.createDecorator<Requirement>();

const withToken = (requirement: Requirement) =>
  applyDecorators(
    RegisterHttpRoute,
    RequirementMetadata(requirement),
    ApiBearerAuth(),
    ApiProblems(TokenInvalid, RateLimited),
  );

/** Open to everybody. A token is not required; an invalid one is rejected all the same. */
export const Public = () =>
  applyDecorators(RegisterHttpRoute, RequirementMetadata({ kind: 'public' }), ApiProblems(TokenInvalid, RateLimited));

/** Open without a session token. The handler checks the `Authorization` header itself. */
export const ChecksAuthorization = () =>
  applyDecorators(
    RegisterHttpRoute,
    RequirementMetadata({ kind: 'public', checksAuthorization: true }),
    ApiProblems(RateLimited),
  );

/** Requires a valid session. */
export const Authenticated = () => withToken({ kind: 'token' });

/** Open to members of the guild that the path or payload names, or whose track it names. A track must be visible to them. */
export const RequireMembership = () => RequirePermissions();

/** Open to members who hold all of these: in the track that the path or payload names, else in its guild. */
export const RequirePermissions = (...permissions: PermissionSet[]) =>
  applyDecorators(
    withToken({
      kind: 'member',
      permissions: permissions.length > 0 ? union(...permissions) : NO_PERMISSIONS,
      ownerOnly: false,
    }),
    ApiProblems(ValidationFailed, GuildNotFound, ...(permissions.length > 0 ? [PermissionsMissing] : [])),
  );

/**
 * Open to members who can view the text track that the path or payload names and hold all of these permissions in the track. A category is rejected
 * after the visibility and the permissions were checked: a hidden category is answered like a missing track.
 */
export const RequireTextTrack = (...permissions: PermissionSet[]) =>
  applyDecorators(
    withToken({ kind: 'member', permissions: union(...permissions), ownerOnly: false, trackType: 'text' }),
    ApiProblems(
      ValidationFailed,
      GuildNotFound,
      TrackNotFound,
      ...(permissions.length > 0 ? [PermissionsMissing] : []),
      NotATextTrack,
    ),
  );

/** Open to the guild's owner. */
export const RequireOwner = () =>
  applyDecorators(
    withToken({ kind: 'member', permissions: NO_PERMISSIONS, ownerOnly: true }),
    ApiProblems(ValidationFailed, GuildNotFound, OwnerOnly),
  );
