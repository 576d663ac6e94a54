package golden

import (
	"strconv"
	"strings"
)

// KnownHash returns the hash of the golden of a scenario, under one of its profiles,
// at seed 1. A program that has no goldens can check a replay with it.
func KnownHash(scenario, profile string) (uint64, bool) {
	for line := range strings.Lines(knownHashes) {
		fields := strings.Fields(line)
		if fields[0] == scenario && fields[1] == profile {
			hash, err := strconv.ParseUint(fields[2], 16, 64)
			return hash, err == nil
		}
	}
	return 0, false
}

// knownHashes has a scenario, a profile and the hash a line. The test of the
// goldens rewrites what follows with -update.
const knownHashes = "" +
	"overflow wsp 9c3ae002ca9c9199\n" +
	"overflow windows 1d6166b9c3b9621c\n" +
	"backlog-of-one wsp 6eabcfe5bf90c8a7\n" +
	"backlog-of-one winsock11 6eabcfe5bf90c8a7\n" +
	"illegal-backlogs wsp 08582f1cf0844764\n" +
	"illegal-backlogs windowsce3 395ad3e3904f5c38\n" +
	"illegal-backlogs windows b00793d2a95f3421\n" +
	"somaxconn wsp ec63fb77343ed655\n" +
	"somaxconn windows f3150ef1689390c1\n" +
	"somaxconn winsock11 fafc04852a1f076a\n" +
	"late-success windows e8bff872f1f883a3\n" +
	"late-success wsp 016a3b9de6b85cf8\n" +
	"relisten-smaller wsp 888ec7e2edd117ad\n" +
	"relisten-smaller windows 9ff9ec47e017fef3\n" +
	"relisten-larger wsp 0c209493c6564e22\n" +
	"gives-up-queued wsp 1ff4627ec5161fd9\n" +
	"gives-up-queued windows 146bc8294b73a9dc\n" +
	"close-full wsp 1983ee468eb7e520\n" +
	"condition-function wsp e9e54719d5aad4b4\n" +
	"condition-function windows 690b586229025707\n" +
	"conditional-accept wsp 6fed80e17e2c495d\n" +
	"paused wsp d779d4417c19f0d7\n" +
	"two-listeners wsp c51dbeddae53c724\n" +
	"two-listeners windows f14a105a0ad43e2b\n" +
	"delayed-address-in-use wsp c472fab7a81d1a56\n" +
	"delayed-address-in-use windows 524b0f395e30f909\n" +
	"descriptors wsp c76fe0a6d5fa3136\n" +
	"emfile-loop wsp 86fe07d8afdd2886\n" +
	"faults wsp 1b75d5273b7f15e5\n" +
	"burst wsp f362b152971d4cc1\n" +
	"burst windows ac1c9d7dab0c2edb\n" +
	"half-open-flood wsp e18f03194b7889f5\n" +
	"impatient wsp 5884fa3da90db047\n" +
	"impatient windows 64bf36d3c7a13ebe\n" +
	"lossy-link wsp 19befa7980bf4a42\n" +
	"lossy-link windows 8f07dab4cd3561c1\n" +
	"cut-link wsp ef9954b12c56853c\n" +
	"recorded wsp 4a3e894081761336\n" +
	"recorded windows 8fa20ede8c4209f0\n" +
	"refused-or-ignored windows 33ea8773281234dd\n" +
	"refused-or-ignored linux a9ee49b5d89100f1\n" +
	"phantom linux d3c7ea66ff7eb771\n" +
	"phantom-batch linux 1ce9b955f9fcb3f8\n" +
	"abort-on-overflow linux c2ff92418d7ea913\n" +
	"syn-flood-without-cookies linux 2725169097de4a98\n" +
	"syn-flood-without-cookies bsd4.4 70430a2942913183\n" +
	"syn-flood-with-cookies linux 1cb93eddf20850b4\n" +
	"stevens linux2.4 aead3093142ee3af\n" +
	"stevens bsd4.4 ccdd960f0326698c\n" +
	"stevens linux 8dd584a30e2e0efb\n" +
	"two-young-ones linux4.3 1223eae913ab3130\n" +
	"two-young-ones linux4.10 f501235476006995\n" +
	"accept-order linux c02c07f62a04dac2\n" +
	"accept-order linux2.2 d2b68638dab6fd6e\n" +
	"defer-accept linux 5bdeeccb09b0e0e1\n" +
	"reuseport-does-not-spill linux e71cd31f1abd5485\n" +
	"listen-zero wsp 9c50b68b4536e74b\n" +
	"listen-zero linux 5908717e794bb1bd\n" +
	"listen-zero darwin e1f1f1d18ac9b485\n" +
	"listen-zero openbsd c953e6046c4899e8\n" +
	"openbsd-floor netbsd 39a8620d91ccdc4a\n" +
	"openbsd-floor openbsd 6d04c8eb40d36574\n" +
	"somaxconn-clamps linux 4d82c96864826f37\n" +
	"somaxconn-clamps freebsd 30261cbb4dd40b48\n" +
	"somaxconn-clamps windows 8a1e87fa486d2b4c\n" +
	"relisten-four-ways wsp d4664f31c03bfb3c\n" +
	"relisten-four-ways linux ed3e976220f0f2ee\n" +
	"relisten-four-ways gvisor a92a2a932dc835d0\n" +
	"relisten-four-ways windows 078ea3a9bdce68a1\n" +
	"freebsd-connects-then-resets freebsd db24b676ef531440\n" +
	"freebsd-connects-then-resets freebsd4 efa9bc0f7860ed88\n" +
	"freebsd-connects-then-resets linux 685dac2dc374d31e\n" +
	"macos-evicts darwin c49bbb6ceffb9520\n" +
	"macos-evicts bsd4.4 298d7efabc0e0a40\n" +
	"emfile-kept-or-lost linux 5a9187f1e4af6f5e\n" +
	"emfile-kept-or-lost linux2.4 2f54c168b04ad35c\n" +
	"emfile-kept-or-lost darwin 74c25cd05b291970\n" +
	"dead-clients-hold-the-queue linux 4233ffc44d72b1a2\n" +
	"dead-clients-hold-the-queue freebsd ba3f517bd3649987\n" +
	"dead-clients-hold-the-queue bsd4.4 3c1501ec56c4c683\n"
