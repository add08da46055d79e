// Package hosts makes hosts and the links between them on one machine, so that a
// test can cut, heal and slow the network between real processes.
//
// A [Host] is a separate network namespace with one TUN device. What a process
// in it sends comes out of that device as IP packets; a switch, which is a
// goroutine for each host in this process, writes each packet to the device of
// the host that it is addressed to, later, or never:
//
//	 driver (this process)         broker-1               broker-2
//	 10.77.0.1                     10.77.0.2              10.77.0.3
//	+-----------+                 +-----------+          +-----------+
//	|   tun     |                 |   tun     |          |   tun     |
//	+-----|-----+                 +-----|-----+          +-----|-----+
//	      +---- link, link ---- switch, in this process ------+
//
// The rules:
//
//   - The test runs inside of [Main], in a separate network namespace: nothing
//     of the machine's network is touched, and two tests do not meet. It needs
//     root, or user namespaces, and /dev/net/tun.
//   - A link goes one way; between two hosts there are two. It passes packets,
//     drops them, or delays them in order.
//   - A cut link drops silently, as a broken cable does: nobody is notified,
//     TCP sends again until the link is healed or patience ends. What is under
//     way on a slow link when it is cut is lost.
//   - What a host sends to itself, by its own address or by 127.0.0.1, never
//     meets the switch.
//   - Processes die with their network, also when the test crashes.
//
// Why not what the kernel has for this: netem and nftables are modules that a
// machine for tests often lacks, and pairs of veth with routes cannot delay. A
// switch of our own also counts what it dropped, so a test can wait for "the cut
// was felt" instead of sleeping.
//
//	| File            | What                                                  |
//	|-----------------|-------------------------------------------------------|
//	| main_linux.go   | running a program in separate namespaces              |
//	| disk_linux.go   | [Disk]: a disk that can be filled                     |
//	| network.go      | [Network]: hosts and links, by name                   |
//	| faults.go       | cutting, slowing and healing links                    |
//	| host_linux.go   | [Host]: a namespace, and processes in it              |
//	| thread_linux.go | a thread that stays in a host's namespace             |
//	| tun_linux.go    | the device                                            |
//	| switch.go       | from each device to the link that a packet takes      |
//	| link.go         | one direction between two hosts                       |
package hosts
