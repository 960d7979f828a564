// Package seal keeps the house key and what is closed with it: second-factor
// secrets, citizens' personal data, and keyed digests for look-ups and form
// tokens.
//
// The key file, house.key, lies in a directory of its own beside the data, is
// made at first start with mode 0600, and is never part of a backup: who holds
// a backup alone reads no sealed field. Every process on one database needs
// the same file.
//
// A file may hold several keys, one a line, oldest first. The last one seals;
// all of them open; the first one makes digests, so that look-ups survive a
// rotation. Each purpose has a key of its own derived from the house key
// (HMAC-SHA-256, HKDF), and is bound to what is sealed: text sealed for one purpose
// does not open for another.
//
// It does not decide what deserves sealing, and it does not rotate by itself.
package seal
