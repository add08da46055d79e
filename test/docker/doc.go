// Package docker tests Dockerfile and docker-compose.yml: it starts the cluster
// as containers, places orders through it, kills processes in it, stops it,
// starts it again, and removes everything.
//
// The Docker engine is the test's own: dockerd in separate network, process and
// mount namespaces, with its files in a directory of the test. So it touches
// neither the ports, the firewall, the images nor the containers of this
// machine, and the kernel ends all of it with the test, however that ends. It
// requires root.
//
// No image can be counted on to be available for download. The standard run
// therefore replaces the first stage of the Dockerfile by the same program,
// built by this machine's Go. With -deep the Dockerfile is built as it is, by
// the classic builder and by BuildKit, on a base image made from this machine's
// Go toolchain and module cache.
//
// Files:
//
//	docker_test     the tests
//	cluster_test    what is checked of a running cluster
//	image_test      the image of the standard run
//	toolchain_test  the base image of the deep run
//	builder_test    the two builders
//	engine_test     the engine
//	container_test  the state of containers
package docker
