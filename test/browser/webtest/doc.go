// Package webtest is for tests of the page: real Chromium, driven over its debugging
// protocol, a gateway in the process of the test ([RunChat]) or `parley up` ([RunUp]), and
// between browser and gateway a [Network] that knows frames and injects faults. What other
// people and services do comes from a [Backend].
package webtest
