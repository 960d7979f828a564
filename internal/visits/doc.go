// Package visits is filled in below.
package visits
