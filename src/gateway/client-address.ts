import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { addressBlock } from '../common/address-block';
import { trustedProxies } from '../common/trusted-proxies';
import { Config } from '../config/config';

/** Where a client is, seen through trusted proxies only: the same answer that REST has. */
@Injectable()
export class ClientAddress {
  private readonly isTrusted: (address: string, index: number) => boolean;

  constructor(config: Config) {
    const trusted = trustedProxies(config.get('TRUST_PROXY'));
    this.isTrusted = typeof trusted === 'boolean' ? () => trusted : proxyAddr.compile(trusted);
  }

  /** The address of whoever made a request, as it is counted. */
  of(request: IncomingMessage): string {
    return addressBlock(proxyAddr(request, this.isTrusted));
  }
}
