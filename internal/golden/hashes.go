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
	"overflow wsp a7a922404f1187de\n" +
	"overflow windows 848ea6d997de0db0\n" +
	"backlog-of-one wsp 4b78341bd9607db4\n" +
	"backlog-of-one winsock11 4b78341bd9607db4\n" +
	"illegal-backlogs wsp 2bb7bc35169b9e0e\n" +
	"illegal-backlogs windowsce3 f82c21a38310d53f\n" +
	"illegal-backlogs windows 8c34575a260da37d\n" +
	"somaxconn wsp 1317c6f0b4a74d9c\n" +
	"somaxconn windows 2cb4942cdaf90027\n" +
	"somaxconn winsock11 fd69f93d2d827efc\n" +
	"late-success windows c2cd28cd8934824f\n" +
	"late-success wsp 367181e6afe0775d\n" +
	"relisten-smaller wsp 899425728dd17e1e\n" +
	"relisten-smaller windows da17a5ae48e5dbed\n" +
	"relisten-larger wsp 72035678f3a68442\n" +
	"gives-up-queued wsp 59d7bc55e56dded2\n" +
	"gives-up-queued windows 00109e78433fa924\n" +
	"close-full wsp d0746ac14016e257\n" +
	"condition-function wsp 5e3b5619c22b9415\n" +
	"condition-function windows 9f771f53f2bb990d\n" +
	"conditional-accept wsp b77ca0c947eff0b2\n" +
	"paused wsp 66c0d66032a28549\n" +
	"two-listeners wsp 2354345a52c1b633\n" +
	"two-listeners windows 045f68959f8944f2\n" +
	"delayed-address-in-use wsp f170896545e82b18\n" +
	"delayed-address-in-use windows 5fec647325127f20\n" +
	"descriptors wsp 1820b1eccf8df619\n" +
	"emfile-loop wsp 420abbcc6e7b964c\n" +
	"faults wsp ce5d938e3da6c3bc\n" +
	"burst wsp 492841c44d5008d6\n" +
	"burst windows 37bac27b70cadf43\n" +
	"half-open-flood wsp fb135dc4e953f88a\n" +
	"impatient wsp bb70b7b5b34400c9\n" +
	"impatient windows 53b8467ee5c2c11d\n" +
	"lossy-link wsp 809a0416ec14ea08\n" +
	"lossy-link windows 2334054e330bf5b8\n" +
	"cut-link wsp 6847c472cc8c1a22\n" +
	"recorded wsp b5ad365477fc6096\n" +
	"recorded windows f717d4b5de2018b0\n" +
	"refused-or-ignored windows 6f4b8d8ac7bdbe17\n" +
	"refused-or-ignored linux 07881b33f103f540\n" +
	"phantom linux 5879a29ce5911bd6\n" +
	"phantom-batch linux b80b8d204adf1893\n" +
	"abort-on-overflow linux c9bc881c53ab4c73\n" +
	"syn-flood-without-cookies linux 0b96397cbc2d411b\n" +
	"syn-flood-without-cookies bsd4.4 f2edfaa6af14e5b3\n" +
	"syn-flood-with-cookies linux a2b1dc38f7debf42\n" +
	"stevens linux2.4 bc99f0748d5ffbf8\n" +
	"stevens bsd4.4 ea1712be0599972d\n" +
	"stevens linux e4c97ef49927a1fd\n" +
	"two-young-ones linux4.3 f2470758b3a9cb08\n" +
	"two-young-ones linux4.10 93b2cc1a91c0b89b\n" +
	"accept-order linux 3771ff52c86ed4b1\n" +
	"accept-order linux2.2 30abdbb04168d1d2\n" +
	"defer-accept linux 92303c861c6d066d\n" +
	"reuseport-does-not-spill linux ac0fe6d8ea2f31a8\n" +
	"listen-zero wsp 888f60cabcfec31a\n" +
	"listen-zero linux 6586a60220d76f66\n" +
	"listen-zero darwin dcef9bef69a216c8\n" +
	"listen-zero openbsd 818b3b62c0f12d45\n" +
	"openbsd-floor netbsd 5cf18ec3c80e0caa\n" +
	"openbsd-floor openbsd e868429607ae6dab\n" +
	"somaxconn-clamps linux e667f0b04885ee29\n" +
	"somaxconn-clamps freebsd ab829a35e99ba870\n" +
	"somaxconn-clamps windows 26b68f4b372525a4\n" +
	"relisten-four-ways wsp cdea183dad603aed\n" +
	"relisten-four-ways linux dd6d060c95ea7852\n" +
	"relisten-four-ways gvisor c68e75b43d03573a\n" +
	"relisten-four-ways windows e860f7c4a22b87e5\n" +
	"freebsd-connects-then-resets freebsd 047a229b5c2003c8\n" +
	"freebsd-connects-then-resets freebsd4 be7bf08eccbc8681\n" +
	"freebsd-connects-then-resets linux 0b31bf451576ceb0\n" +
	"macos-evicts darwin 38d51ada70856f48\n" +
	"macos-evicts bsd4.4 6812d8825551ccce\n" +
	"emfile-kept-or-lost linux f205f7a1f03b8c69\n" +
	"emfile-kept-or-lost linux2.4 5627e67df3332508\n" +
	"emfile-kept-or-lost darwin 79451eab39406333\n" +
	"dead-clients-hold-the-queue linux c5f586045eb4c95d\n" +
	"dead-clients-hold-the-queue freebsd 757b80310a44e779\n" +
	"dead-clients-hold-the-queue bsd4.4 c3db286b9d0431eb\n"
