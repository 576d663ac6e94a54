module wspsim/cmd/wspsim/peers

go 1.26.0

require wspsim v0.0.0

replace wspsim => ../../..
