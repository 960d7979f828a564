// Package authz decides who may do what (permissions, held through the roles
// of a person's posts) and where (Scope, path ranges on the area axis 块 and
// the line axis 条, Article 4).
//
// It does not know how a person signed in, nor whether an act's own rule holds
// (final reviewer is not the author): the service that performs the act checks
// that. A Scope can only be made here, from a Session or for a named system
// duty; every Service method on unit-owned data takes one, and what lies
// outside it is not found.
package authz
