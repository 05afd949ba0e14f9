import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import proxyAddr from '@fastify/proxy-addr';
import { ipSubnet } from '../../common/ip-subnet';
import { type ProxyTrust, trustedProxies } from '../../common/trusted-proxies';
import { ConfigService } from '../../config/config.service';

/** Determines the addresses of clients behind trusted proxies, like the REST API. */
@Injectable()
export class ClientAddress {
  private readonly isTrusted: ProxyTrust;

  constructor(config: ConfigService) {
    this.isTrusted = trustedProxies(config.get('TRUST_PROXY'));
  }

  /** Returns the address or subnet under which a request is counted. */
  of(request: IncomingMessage): string {
    return ipSubnet(proxyAddr(request, this.isTrusted));
  }
}
