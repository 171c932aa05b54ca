# `docker buildx bake`: the image for both architectures, with a list of what is in it (SBOM) and how it was made (provenance) attached.
variable "TAG" {
  default = "latest"
}
variable "IMAGE" {
  default = "desist"
}

group "default" {
  targets = ["desist"]
}

target "desist" {
  context   = "."
  args      = { VERSION = TAG }
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${IMAGE}:${TAG}"]
  attest    = ["type=sbom", "type=provenance,mode=max"]
}
