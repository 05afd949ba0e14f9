import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { ipSubnet } from '../../common/ip-subnet';
import { type ProxyTrust, trustedProxies } from '../../common/trusted-proxies';
import { ConfigService } from '../../config/config.service';

/** Where a client is, seen through trusted proxies only: the same answer that REST has. */
@Injectable()
export class ClientAddress {
  private readonly isTrusted: ProxyTrust;

  constructor(config: ConfigService) {
    this.isTrusted = trustedProxies(config.get('TRUST_PROXY'));
  }

  /** The address of whoever made a request, as it is counted. */
  of(request: IncomingMessage): string {
    return ipSubnet(proxyAddr(request, this.isTrusted));
  }
}
