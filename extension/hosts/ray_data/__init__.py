"""The Ray host: a node on more than one machine."""

from .execution import RayExecution, execute_on_ray
from .stage import ray_stage

__all__ = ["RayExecution", "execute_on_ray", "ray_stage"]
