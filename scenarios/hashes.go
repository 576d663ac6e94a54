package scenarios

import (
	"strconv"
	"strings"
)

// KnownHash returns the hash of the run of a scenario of the catalogue under
// one of the profiles that it names, at seed 1, as its golden has it. So a
// program without the goldens at hand can still tell whether a replay is right.
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
	"overflow wsp ecbe275d74cdf070\n" +
	"overflow windows 9998b333a86f1066\n" +
	"backlog-of-one wsp c8d0ecbb8ff6e15e\n" +
	"backlog-of-one winsock11 c8d0ecbb8ff6e15e\n" +
	"illegal-backlogs wsp 403e11b5be4a00fc\n" +
	"illegal-backlogs windowsce3 4e224242c13425e6\n" +
	"illegal-backlogs windows c096159d25f44e00\n" +
	"somaxconn wsp 51ff133331fa2a04\n" +
	"somaxconn windows dd7cfef525969293\n" +
	"somaxconn winsock11 5dc2a13e9ee679a1\n" +
	"late-success windows eaa1ccee682953aa\n" +
	"late-success wsp 7ca7aa8f0c1673af\n" +
	"relisten-smaller wsp 02d4cfc5b9e65feb\n" +
	"relisten-smaller windows 8a105adbabd4dee5\n" +
	"relisten-larger wsp 6744345ba54f0777\n" +
	"gives-up-queued wsp 0853d736f3312d8a\n" +
	"gives-up-queued windows 36896a73a0e5d135\n" +
	"close-full wsp 5e7b635d6efd1ccb\n" +
	"condition-function wsp e4db96b77380703d\n" +
	"condition-function windows 4707f949afe9d242\n" +
	"conditional-accept wsp f79fee71381f04c9\n" +
	"paused wsp 51f68db878fe24db\n" +
	"two-listeners wsp 8b75acdd8bf0038b\n" +
	"two-listeners windows 7d8d51b3b61bd75e\n" +
	"delayed-address-in-use wsp 809b356a6f62d632\n" +
	"delayed-address-in-use windows 6272e576d8b24e57\n" +
	"descriptors wsp b7c01620260e2986\n" +
	"emfile-loop wsp ac4cd3e311ccf372\n" +
	"faults wsp 712b6aff43a7de08\n" +
	"burst wsp eea1e032d704caae\n" +
	"burst windows 99bbd84178cd303a\n" +
	"half-open-flood wsp 673e66f12735086e\n" +
	"impatient wsp 74b3958ca27d65e9\n" +
	"impatient windows 4da98442ab5ffc6b\n" +
	"lossy-link wsp 300a96403443d780\n" +
	"lossy-link windows 2d488015f421724b\n" +
	"cut-link wsp cfd1efcba6cf5c41\n" +
	"recorded wsp e32bb4890a48419f\n" +
	"recorded windows e2a13d06cbc66946\n" +
	"refused-or-ignored windows 793856e7e3935161\n" +
	"refused-or-ignored linux d315d519354c05bc\n" +
	"believer linux 0849a00b5fb36a75\n" +
	"believer-batch linux 30069b6e038f0b63\n" +
	"abort-on-overflow linux 0139e897f6a73a7e\n" +
	"syn-flood-without-cookies linux 6dfe8eaf274912e3\n" +
	"syn-flood-without-cookies bsd4.4 0b53b7b6ae9f93c1\n" +
	"syn-flood-with-cookies linux 505e0493caeaf106\n" +
	"stevens linux2.4 389f8aea57d86c3a\n" +
	"stevens bsd4.4 ebd8d1fe668cab8b\n" +
	"stevens linux 613960adc91fce6d\n" +
	"two-young-ones linux4.3 b94955426d5607c6\n" +
	"two-young-ones linux4.10 2032cc6884ded993\n" +
	"accept-order linux 996d0c423381f505\n" +
	"accept-order linux2.2 9fbc93d7e557ac5a\n" +
	"defer-accept linux 67fd03d04019f2d3\n" +
	"reuseport-does-not-spill linux a226ede65dbb7b7e\n" +
	"listen-zero wsp ada0cb3317c35153\n" +
	"listen-zero linux 836c312554bd868a\n" +
	"listen-zero darwin 20136e56e1628f74\n" +
	"listen-zero openbsd a6ffc774d1c65752\n" +
	"openbsd-floor netbsd 53e7cfba2bd57fc9\n" +
	"openbsd-floor openbsd 97b80de5ccce87b2\n" +
	"somaxconn-clamps linux d36b1bacc0f9c5d8\n" +
	"somaxconn-clamps freebsd 5c2b8829c1d66e63\n" +
	"somaxconn-clamps windows aa07e28719772b3e\n" +
	"relisten-four-ways wsp ec69dce58a933bb3\n" +
	"relisten-four-ways linux dd7bfa2a191bf430\n" +
	"relisten-four-ways gvisor adc0d60fa5362a00\n" +
	"relisten-four-ways windows 24739619fc170751\n" +
	"freebsd-connects-then-resets freebsd 8c7f713442f2c98d\n" +
	"freebsd-connects-then-resets freebsd4 6c32393c65da3494\n" +
	"freebsd-connects-then-resets linux 202d4d62abe745bd\n" +
	"macos-evicts darwin 56ad632efce72425\n" +
	"macos-evicts bsd4.4 42b9bf0d6db893fa\n" +
	"emfile-kept-or-lost linux 51e6c9d5fc1cfceb\n" +
	"emfile-kept-or-lost linux2.4 e6404185f5424ce9\n" +
	"emfile-kept-or-lost darwin 2bf2e2629cc7bf81\n" +
	"dead-clients-hold-the-queue linux adffcb7cc045e90a\n" +
	"dead-clients-hold-the-queue freebsd 4961ebb3a9c43610\n" +
	"dead-clients-hold-the-queue bsd4.4 d051f8e94556bc9c\n"
