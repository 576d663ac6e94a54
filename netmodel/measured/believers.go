package measured

func believerReplayers() []replayer {
	return []replayer{
		{"syn_queue", "linux", replaySynQueue},
		{"phantom", "linux", replayPhantom},
		{"burst", "linux", replayBurst},
		{"openloop", "linux", replayOpenLoop},
	}
}
