package netmodel_test

import (
	"wspsim/netmodel"
	"wspsim/netmodel/profiles"
)

func init() { netmodel.ReadyMade = profiles.All() }
