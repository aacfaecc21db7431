// Put first in a kernel that uses subgroups. Those kernels only run where a whole workgroup is one subgroup, so workgroup-uniform flow
// is subgroup-uniform, which the compiler cannot know.
enable subgroups;
diagnostic(off, subgroup_uniformity);
