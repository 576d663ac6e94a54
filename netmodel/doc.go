// Package netmodel
//
// # Not modelled
//
//	X: y
package netmodel
