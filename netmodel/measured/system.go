package measured

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
	"wspsim/netmodel/winsock"
)

// linux returns the profile of a trial's Linux release with the trial's settings. A
// trial without a version has the current release. The model has no use for some
// settings; linux leaves them out.
func (t *Trial) linux() (netmodel.Profile, error) {
	p := profiles.Linux()
	if t.Version != "" {
		var err error
		if p, err = profiles.LinuxOf(t.Version); err != nil {
			return p, err
		}
	}
	return t.tuned(p, "")
}

// unix returns the profile of AF_UNIX. Only the setting somaxconn matters there.
func (t *Trial) unix() (netmodel.Profile, error) { return t.tuned(profiles.Unix(), ".somaxconn") }

// netstack returns the profile of gVisor's netstack.
func (t *Trial) netstack() (netmodel.Profile, error) { return profiles.Netstack(), nil }

// goNet returns the profile behind Go's package net: Linux, or the network inside
// Go's own runtime.
func (t *Trial) goNet() (netmodel.Profile, error) {
	if strings.HasPrefix(t.OS, "go-net-linux") {
		return profiles.Linux(), nil
	}
	return profiles.GoFakeNet(), nil
}

// tuned returns a profile with the settings of the trial whose full names end in a
// suffix.
func (t *Trial) tuned(p netmodel.Profile, suffix string) (netmodel.Profile, error) {
	for _, full := range slices.Sorted(maps.Keys(t.Sysctl)) {
		if !strings.HasSuffix(full, suffix) {
			continue
		}
		value := fmt.Sprint(t.Sysctl[full])
		if n, ok := t.Sysctl[full].(float64); ok {
			value = shortened(strconv.FormatFloat(n, 'f', -1, 64))
		}
		tuned, err := profiles.Set(p, full[strings.LastIndexByte(full, '.')+1:], value)
		switch {
		case errors.Is(err, profiles.ErrNoSuchSetting):
		case err != nil:
			return p, fmt.Errorf("sysctl: %w", err)
		default:
			p = tuned
		}
	}
	return p, nil
}

// nameOf returns the result of a call on Linux: OK or the name of the error.
func nameOf(err error) string {
	switch e, known := err.(winsock.Errno); {
	case err == nil:
		return "OK"
	case known:
		return e.Unix()
	}
	return err.Error()
}
