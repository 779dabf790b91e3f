/**
 * What is known of each real capture, and what we must say of it.
 *
 * `known` repeats what the source of the capture says or what its packets plainly show.
 * `asTelescope` and `oneWay` are the findings to expect when all packets, or only those
 * without an answer, had met a telescope; `channels` the C&C servers, given the hosts in
 * `infected`. `why` says what was not raised and what would be needed for it.
 */
export interface Label {
  readonly known: string;
  readonly asTelescope?: readonly string[];
  readonly oneWay?: readonly string[];
  /** Hosts taken to be infected when C&C servers are searched; absent: not searched. */
  readonly infected?: readonly string[] | 'all';
  readonly channels?: readonly string[];
  readonly why: string;
}

const UNIT = 'A few packets for testing decoders: no attack reaches 25 answers.';
const ORDINARY = { infected: 'all' } as const;

export const LABELS: Readonly<Record<string, Readonly<Record<string, Label>>>> = {
  malware: {
    'StratosphereLinuxIPS__malicious-ssh-bruteforce.pcap': {
      known: '147.32.80.40 guesses SSH passwords at 147.32.80.37:902, 67 connections in 13 s',
      infected: ['147.32.80.40'],
      why: 'One target that answers: no search of a darknet, and no rule for guessing passwords in packets or flows exists. Reports of feeds (kind brute-force) cover it.',
    },
    'StratosphereLinuxIPS__test-cc-capture-2.pcap': {
      known: '147.32.80.37 is controlled by 141.193.213.20:443, 22 calls in 67 s',
      infected: ['147.32.80.37'],
      channels: ['141.193.213.20:443'],
      why: 'Everything labelled is raised; a telescope sees none of it.',
    },
    'StratosphereLinuxIPS__test8-malicious.pcap': {
      known: 'A sweep of the local network by ARP (519 frames); no address is labelled',
      infected: ['192.168.1.247'],
      why: 'ARP is no IP traffic: it reaches neither telescopes nor flow exporters.',
    },
    'nDPI__bot.pcap': {
      known: 'A search engine’s crawler, 40.77.167.36, fetches one picture; “bot” means that, nobody is infected',
      infected: ['40.77.167.36'],
      why: 'Rightly nothing.',
    },
    'nDPI__malware.pcap': {
      known:
        'Visits to hosts of a malware list: 144.139.247.220, 67.215.92.210 (a test page), 193.109.85.123; 192.168.7.7 and 192.168.0.20 visit',
      infected: ['192.168.7.7', '192.168.0.20'],
      why: 'One to three connections to each have no rhythm. Only a list names them: as indicators, those that answered are candidates at once.',
    },
    'nDPI__trickbot.pcap': {
      known: '10.12.29.101 (TrickBot) posts once to 82.118.225.196:7080',
      infected: ['10.12.29.101'],
      why: 'One connection in 8 s has no rhythm, and one host is no meeting place. More hosts, more time or an indicator would show it.',
    },
  },
  scan: {
    'StratosphereLinuxIPS__test12-icmp-portscan.pcap': {
      known: '192.168.1.109 pings 18 addresses of its own network',
      asTelescope: ['scanner unknown 192.168.1.109'],
      why: 'Eleven of the addresses answer; the 14 pings that remain one-way are below the 20 a scan needs.',
    },
    'nDPI__synscan.pcap': {
      known: '172.16.0.8 asks 64.13.134.52 for 1,000 ports with Nmap',
      asTelescope: ['scanner unknown 172.16.0.8'],
      oneWay: ['scanner unknown 172.16.0.8'],
      why: 'The tool stays unnamed: this Nmap varied its window (1024, 2048, 3072, 4096), the mark asks for 1024.',
    },
    'suricata-verify__tcp-session-syn-flood-drop-precedence__input.pcap': {
      known: '192.0.2.10 floods 198.51.100.5:443 with 200 SYN in 0.2 s',
      why: 'A flood is seen by the answers of its victim, and none are in the capture; one target on one port is no scan.',
    },
    'zeek__vnc-scanner.pcap': {
      known: '192.168.0.11 asks one VNC server for its version',
      why: 'One connection is no search.',
    },
  },
  dos: {
    'nDPI__dos_win98_smb_netbeui.pcap': {
      known: '192.168.239.129 sends NetBIOS datagrams that made old systems crash',
      why: 'The harm is in the payload, which is not read; broadcasts of a local network reach no telescope.',
    },
    'suricata-verify__denial6-5.pcap': {
      known: 'A flood of 35,691 ICMPv6 packets with many extension headers by 2001:db8:1::2',
      why: 'One source, one target, no forged senders: no backscatter. A carrier sees it as traffic, not as a finding.',
    },
  },
  backscatter: {
    'zeek__icmp-destunreach-ip.pcap': { known: 'One ICMP error', why: UNIT },
    'zeek__icmp-destunreach-udp.pcap': { known: 'One ICMP error', why: UNIT },
    'zeek__icmp-timeexceeded.pcap': { known: 'One ICMP error', why: UNIT },
    'zeek__icmp6-timeexceeded.pcap': { known: 'One ICMPv6 error', why: UNIT },
    'zeek__payload-synack.pcap': { known: 'One connection', why: UNIT },
    'zeek__qi_internet_SYNACK_curl_jsonip.pcap': { known: 'One connection', why: UNIT },
    'zeek__syn-synack.pcap': { known: 'One SYN and its SYN+ACK', why: UNIT },
  },
  binetflow: {
    'StratosphereLinuxIPS__test11-portscan.binetflow': {
      known: '10.8.0.69 knocks at ports of 14.1.11.113 and at many addresses; no line is labelled',
      infected: ['10.8.0.69'],
      why: 'Scans are judged from telescopes and own ranges, not from flows of others; rightly no C&C server.',
    },
    'StratosphereLinuxIPS__test2-malicious.binetflow': {
      known: 'A telephone, 10.8.0.69, for a day; the label column is empty, nothing is named',
      infected: ['10.8.0.69'],
      why: 'Nothing is labelled, so nothing can be found or missed.',
    },
  },
  normal: {
    'nDPI__KakaoTalk_chat.pcap': {
      known: 'A telephone, 10.24.82.188, chats',
      ...ORDINARY,
      why: 'Rightly nothing, though it calls 14 addresses in 51 s: it goes on talking to them, and scanners do not.',
    },
    'nDPI__NTPv2.pcap': { known: 'One NTP packet', ...ORDINARY, why: 'Rightly nothing.' },
    'nDPI__dns.pcap': { known: 'Two questions to resolvers', ...ORDINARY, why: 'Rightly nothing.' },
    'nDPI__memcached.cap': { known: 'One connection to memcached', ...ORDINARY, why: 'Rightly nothing.' },
    'nDPI__ssdp-m-search.pcap': { known: 'A player looks for others every five seconds', ...ORDINARY, why: 'Rightly nothing.' },
    'nDPI__telnet.pcap': { known: 'One Telnet session', ...ORDINARY, why: 'Rightly nothing.' },
    'nDPI__tor.pcap': { known: 'A Tor client for ten minutes', ...ORDINARY, why: 'Rightly nothing.' },
    'zeek__wikipedia.pcap': { known: 'Somebody reads Wikipedia', ...ORDINARY, why: 'Rightly nothing.' },
  },
};
